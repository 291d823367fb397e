/**
 * An HTTP server with IPv6 only that sends one file at an even pace: paced-server.ts ADDRESS FILE BYTES-PER-SECOND. A client
 * that limits its rate itself reads in bursts, and its pauses would look like outages.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const [address, file, rate] = process.argv.slice(2);
const EVERY_MS = 10;
const body = readFileSync(file);
const piece = Math.round((Number(rate) * EVERY_MS) / 1000);

const server = createServer(async (_request, response) => {
  response.writeHead(200, { "Content-Length": body.length });
  for (let at = 0; at < body.length && !response.destroyed; at += piece) {
    if (!response.write(body.subarray(at, at + piece)))
      await Promise.race([once(response, "drain"), once(response, "close")]);
    await pause(EVERY_MS);
  }
  response.end();
});
server.listen({ host: address, port: 80, ipv6Only: true }, () => process.stdout.write("listening\n"));

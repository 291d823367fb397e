/**
 * How `sixfold ctl` speaks to a running node: a Unix socket for its user alone, one JSON value a line. A request
 * `{"verb": …}` is answered by `{"ok": true, …}` or `{"ok": false, "error": "sentence"}`; after `watch` a line follows for each event.
 */
import { chmodSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AssociationConfig } from "../core/ipsec/config.js";
import { runtimeDirectory } from "./journal.js";
import { SetupError } from "./libc.js";

/** Longest request; a client that sends more is cut off. */
const LONGEST_REQUEST = 4096;
/** Bytes that may wait for a client that watches but does not read; then it is cut off. */
const LONGEST_BACKLOG = 1 << 20;

export type Request =
  | { verb: "status" }
  | { verb: "watch" }
  | { verb: "move"; interface: string; port?: string }
  | { verb: "program"; number: number; on: boolean }
  | { verb: "refresh"; homeAddress: string }
  | { verb: "trace"; level: number }
  | { verb: "associations" }
  | { verb: "add-association"; association: AssociationConfig }
  | { verb: "delete-association"; spi: number; direction: "in" | "out" };

export type Reply = { ok: true; [key: string]: unknown } | { ok: false; error: string };

export const controlPath = (name: string): string => join(runtimeDirectory(), `${name}.sock`);

export class ControlServer {
  private readonly watchers = new Set<Socket>();
  private readonly clients = new Set<Socket>();

  private constructor(
    private readonly path: string,
    private readonly server: Server,
  ) {}

  /** Listens at `path`; a socket that a dead node left there is replaced (the journal has told that it is dead). */
  static async open(path: string, answer: (request: Request) => Reply): Promise<ControlServer> {
    rmSync(path, { force: true });
    const server = createServer();
    const control = new ControlServer(path, server);
    server.on("connection", (socket) => control.serve(socket, answer));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
    return control;
  }

  /** Sends `event` to everybody who watches. */
  publish(event: object): void {
    if (this.watchers.size === 0) return;
    const line = `${JSON.stringify(event)}\n`;
    for (const socket of this.watchers) {
      if (socket.writableLength > LONGEST_BACKLOG) socket.destroy();
      else socket.write(line);
    }
  }

  close(): void {
    this.server.close();
    for (const socket of this.clients) socket.end();
    rmSync(this.path, { force: true });
  }

  private serve(socket: Socket, answer: (request: Request) => Reply): void {
    this.clients.add(socket);
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.clients.delete(socket);
      this.watchers.delete(socket);
    });
    let rest = "";
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST_REQUEST) socket.destroy();
      for (const line of lines) {
        const request = parseRequest(line);
        const reply = request
          ? answer(request)
          : ({ ok: false, error: "a request is a JSON object with a verb" } as const);
        socket.write(`${JSON.stringify(reply)}\n`);
        if (request?.verb === "watch" && reply.ok) this.watchers.add(socket);
      }
    });
  }
}

function parseRequest(line: string): Request | undefined {
  try {
    const request = JSON.parse(line);
    return typeof request?.verb === "string" ? request : undefined;
  } catch {
    return undefined;
  }
}

/** The node's answer to one request. Throws a SetupError where no node of that name runs or this user may not ask. */
export async function ask(name: string, request: Request): Promise<Reply> {
  for await (const line of converse(name, request)) return line as Reply;
  throw new SetupError(`node ${name} ended without an answer`);
}

/** The answer, and then event after event until the node ends. */
export async function* converse(name: string, request: Request): AsyncGenerator<object> {
  const socket = createConnection(controlPath(name));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") throw new SetupError(`node ${name} belongs to another user: ask as that user or as root`);
    throw new SetupError(`no node "${name}" is running (nothing listens at ${controlPath(name)})`);
  }
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface({ input: socket })) yield JSON.parse(line);
  } finally {
    socket.destroy();
  }
}

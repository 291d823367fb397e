/**
 * One core image between real interfaces, with nothing of the command line around it: argv[2] names a JSON file
 * (`NodeSpec` of lib/sixfold.ts). Events leave as JSON lines; a line `{"messages": HEX}` on standard input goes to the core.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Event } from "../../../assembly/abi/event.js";
import { Core, NEVER } from "../../../host-sim/core/core.js";
import { loadImage } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import type { Device } from "../../../host-sim/live/device.js";
import { openPacketSocket } from "../../../host-sim/live/packet-socket.js";
import { openTun } from "../../../host-sim/live/tun.js";
import { type DecodedEvent, decodeEvent } from "../../../host-sim/trace/events.js";
import type { NodeSpec } from "../lib/sixfold.js";

process.on("uncaughtException", (error) => {
  console.error(`node: ${error.message}`);
  process.exit(1);
});

const ip = (line: string): string => execFileSync("ip", line.split(" "), { encoding: "utf8" });
const spec = JSON.parse(readFileSync(process.argv[2], "utf8")) as NodeSpec;
const core = new Core(loadImage(spec.image, spec.profile).module);
const devices = new Map<number, Device>();
let timer: NodeJS.Timeout | undefined;

/** The kernel's side of the application port follows the core. */
function application(event: DecodedEvent): void {
  const device = spec.ports.find((port) => port.kind === "tun")?.device;
  if (!device) return;
  const family = `-${event.code}`;
  if (event.x === 0) {
    ip(`${family} addr flush dev ${device}`);
    return;
  }
  ip(`link set ${device} mtu ${event.y} up`);
  ip(`${family} addr replace ${event.a}/${event.x} dev ${device}${event.code === 6 ? " nodad" : ""}`);
  ip(`${family} route replace default dev ${device}`);
}

function pump(): void {
  core.setClock(performance.now() + 1000);
  const wait = core.tick();
  core.drain((port, frame) => devices.get(port)?.write(frame));
  core.events((view, offset) => {
    const event = decodeEvent(view, offset);
    if (event.kind === Event.APPLICATION) application(event);
    process.stdout.write(`${JSON.stringify(event)}\n`);
  });
  core.stores((_id, _data, generation) => core.stored(generation));
  clearTimeout(timer);
  if (wait !== NEVER) timer = setTimeout(pump, Math.min(wait, 1000));
}

function configure(messages: Uint8Array): void {
  core.setClock(performance.now() + 1000);
  core.configure(messages);
  pump();
}

configure(
  new Messages()
    .entropy(new Uint8Array(randomBytes(32)))
    .trace(1)
    .bytes(),
);
configure(Buffer.from(spec.messages, "hex"));
for (const { port, kind, device: name, mac } of spec.ports) {
  if (kind === "packet") {
    execFileSync("sysctl", ["-qw", `net.ipv6.conf.${name}.disable_ipv6=1`]);
    ip(`link set ${name} up`);
  }
  const device = kind === "packet" ? openPacketSocket(name, Buffer.from(mac ?? "", "hex")) : openTun(name);
  devices.set(port, device);
  device.onFrame((frame) => {
    core.setClock(performance.now() + 1000);
    core.rx(port, frame);
    pump();
  });
  if (kind === "packet") device.onCarrier((up) => configure(new Messages().link(port, up).bytes()));
  else configure(new Messages().link(port, true).bytes());
}
createInterface({ input: process.stdin }).on("line", (line) =>
  configure(Buffer.from(JSON.parse(line).messages, "hex")),
);
process.on("SIGTERM", () => process.exit(0));
process.stdout.write('{"kindName":"READY"}\n');

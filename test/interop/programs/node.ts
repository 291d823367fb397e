/**
 * One live node with nothing of the command line around it: argv[2] names its configuration. Events leave as JSON lines;
 * a line `{"messages": HEX}` on standard input goes to the core.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { Event } from "../../../assembly/abi/event.js";
import { compileNode } from "../../../host-sim/core/config.js";
import { Core, NEVER } from "../../../host-sim/core/core.js";
import { loadImage } from "../../../host-sim/core/image.js";
import { loadNode } from "../../../host-sim/core/load.js";
import { Messages } from "../../../host-sim/core/messages.js";
import type { Device } from "../../../host-sim/live/device.js";
import { openPacketSocket } from "../../../host-sim/live/packet-socket.js";
import { openTun } from "../../../host-sim/live/tun.js";
import { type DecodedEvent, decodeEvent } from "../../../host-sim/trace/events.js";

process.on("uncaughtException", (error) => {
  console.error(`node: ${error.message}`);
  process.exit(1);
});

const ip = (line: string): string => execFileSync("ip", line.split(" "), { encoding: "utf8" });
const node = loadNode(process.argv[2]);
const core = new Core(loadImage(node.image, node.profile).module);
const tun = typeof node.application === "object" ? node.application.interface : undefined;
const devices = new Map<number, Device>();
let timer: NodeJS.Timeout | undefined;

/** The kernel's side of the application port follows the core. */
function application(event: DecodedEvent): void {
  const device = tun;
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

function attach(port: number, device: Device): void {
  devices.set(port, device);
  device.onFrame((frame) => {
    core.setClock(performance.now() + 1000);
    core.rx(port, frame);
    pump();
  });
}

const links = new Map<string, Device>();
for (const [name, { interface: device }] of Object.entries(node.ports ?? {})) {
  if (!device) throw new Error(`port ${name} needs an interface`);
  execFileSync("sysctl", ["-qw", `net.ipv6.conf.${device}.disable_ipv6=1`]);
  ip(`link set ${device} up`);
  links.set(name, openPacketSocket(device));
}
const { messages, ports } = compileNode(node, {
  entropy: new Uint8Array(randomBytes(32)),
  secret: new Uint8Array(randomBytes(32)),
  mac: (port) => links.get(port)!.mac!,
  mtu: (port) => links.get(port)!.mtu,
  mirror: false,
  duplicateDetection: true,
});
configure(messages);
for (const [name, device] of links) {
  const port = ports.links.get(name)!;
  attach(port, device);
  device.onCarrier((up) => configure(new Messages().link(port, up).bytes()));
}
if (tun && ports.application !== undefined) attach(ports.application, openTun(tun));
createInterface({ input: process.stdin }).on("line", (line) =>
  configure(Buffer.from(JSON.parse(line).messages, "hex")),
);
process.on("SIGTERM", () => process.exit(0));
process.stdout.write('{"kindName":"READY"}\n');

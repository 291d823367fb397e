/**
 * A wire between two live devices, each `packet:NAME`, `tap:NAME` or `tun:NAME`. Says as JSON lines what happens to them,
 * and on SIGTERM how many frames passed and how long the longest was.
 */
import type { Device } from "../../../host-sim/live/device.js";
import { openPacketSocket } from "../../../host-sim/live/packet-socket.js";
import { openTap, openTun } from "../../../host-sim/live/tun.js";

const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

function open(spec: string): Device {
  const [kind, name] = spec.split(":");
  if (kind === "packet") return openPacketSocket(name, Buffer.from("020000000001", "hex"), "all");
  return kind === "tap" ? openTap(name) : openTun(name);
}

try {
  const [a, b] = process.argv.slice(2, 4).map(open);
  let longest = 0;
  const join = (from: Device, to: Device): void => {
    from.onFrame((frame) => {
      longest = Math.max(longest, frame.length);
      to.write(frame);
    });
    from.onCarrier((up) => say({ event: "carrier", device: from.name, up }));
    from.onGone((why) => say({ event: "gone", device: from.name, why }));
  };
  join(a, b);
  join(b, a);
  process.on("SIGTERM", () => {
    say({ event: "end", longest, a: a.counters, b: b.counters });
    a.close();
    b.close();
  });
  say({ event: "ready" });
} catch (error) {
  say({ event: "failed", error: String(error) });
  process.exitCode = (error as { exitCode?: number }).exitCode ?? 1;
}

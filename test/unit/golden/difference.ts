import { dissect } from "../../../host-sim/trace/dissect.js";
import { readPcapng } from "../../../host-sim/trace/pcapng.js";

type Capture = ReturnType<typeof readPcapng>;

/** Where two captures part: the first packet that differs, as it was and as it is. Empty when they are the same bytes. */
export function difference(name: string, was: Uint8Array, is: Uint8Array): string {
  if (Buffer.compare(was, is) === 0) return "";
  const [before, after] = [was, is].map((bytes) => readPcapng(bytes, name));
  const lines = [before, after].map((capture) => capture.packets.map((_, i) => line(capture, i)));
  const hidden = (i: number): boolean => Buffer.compare(before.packets[i].data, after.packets[i].data) !== 0;
  const shorter = Math.min(before.packets.length, after.packets.length);
  let at = 0;
  while (at < shorter && lines[0][at] === lines[1][at] && !hidden(at)) at++;
  if (at === shorter && before.packets.length === after.packets.length) return `${name}: interfaces or blocks differ`;
  const [old = "nothing", now = "nothing"] = [lines[0][at], lines[1][at]];
  const byte = old === now ? ` (from byte ${firstByte(before.packets[at].data, after.packets[at].data)} on)` : "";
  return [
    `${name}: packet ${at + 1} differs${byte}; ${before.packets.length} packets before, ${after.packets.length} now`,
    `  was ${old}`,
    `  is  ${now}`,
    '  if that is meant: "npm run golden" writes the captures anew, "git diff --stat" shows which',
  ].join("\n");
}

function line({ interfaces, packets }: Capture, i: number): string {
  const { iface, timeUs, data, comment } = packets[i];
  const { name, linktype } = interfaces[iface];
  return `${(timeUs / 1e6).toFixed(6)} ${name} ${dissect(data, linktype).summary}${comment ? ` # ${comment}` : ""}`;
}

function firstByte(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? a.length : at;
}

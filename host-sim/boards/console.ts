/** What a board says on its console, line by line (firmware/node.c, firmware/main.c). */
import { Event } from "../../assembly/abi/event.js";
import { Verdict } from "../../assembly/abi/verdict.js";
import { parseIp6 } from "../core/address.js";

const EVENT_SIZE = 48;

/** `* KIND code ms a b x y` as the event record that it was; undefined for any other line. */
export function parseEventLine(line: string): DataView | undefined {
  const [star, kindName, codeText, ms, a, b, x, y, ...rest] = line.trimEnd().split(" ");
  if (star !== "*" || y === undefined || rest.length > 0) return undefined;
  const kind = Event[kindName as keyof typeof Event];
  const code = kind === Event.DROP ? Verdict[codeText as keyof typeof Verdict] : Number(codeText);
  if (typeof kind !== "number" || !Number.isInteger(code)) return undefined;
  const record = new DataView(new ArrayBuffer(EVENT_SIZE));
  record.setUint16(0, kind, true);
  record.setUint16(2, code, true);
  record.setUint32(4, Number(ms), true);
  const bytes = new Uint8Array(record.buffer);
  bytes.set(parseIp6(a), 8);
  bytes.set(parseIp6(b), 24);
  record.setUint32(40, Number(x), true);
  record.setUint32(44, Number(y), true);
  return record;
}

/** `dropped REASON count` of a status: the verdict and how often. */
export function parseDropLine(line: string): { verdict: number; count: number } | undefined {
  const match = /^dropped ([A-Z0-9_]+) (\d+)$/.exec(line.trimEnd());
  const verdict = match ? Verdict[match[1] as keyof typeof Verdict] : undefined;
  return verdict === undefined ? undefined : { verdict, count: Number(match![2]) };
}

/** `port 0: up, received 5, sent 4, no buffer 1, unsent 0` of a status: how often the core had no buffer for a frame. */
export function parseRefusedLine(line: string): number | undefined {
  const match = /^port \d+: .*, no buffer (\d+),/.exec(line);
  return match ? Number(match[1]) : undefined;
}

/** `sha256 …` of the banner. */
export function parseHashLine(line: string): string | undefined {
  return /^sha256 ([0-9a-f]{64})$/.exec(line.trimEnd())?.[1];
}

/** The last line of a status. */
export const STATUS_END = "end of status";

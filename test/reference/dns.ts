/** DNS messages, RFC 1035 §4: written without compression unless told, read with it. */
import { bytes, get16, get32, u16, u32 } from "./ip.js";

export const A = 1;
export const CNAME = 5;
export const SOA = 6;
export const TXT = 16;
export const AAAA = 28;
export const OPT = 41;

export interface Question {
  name: string;
  type: number;
  class: number;
}
export interface Rr extends Question {
  ttl: number;
  data: Uint8Array;
  /** The name in the data of a CNAME, read through compression. */
  target?: string;
}
export interface DnsMessage {
  id: number;
  flags: number;
  questions: Question[];
  answers: Rr[];
  authority: Rr[];
  additional: Rr[];
}

/** Labels, then the root, or a pointer to `pointer`. */
export function name(text: string, pointer?: number): Uint8Array {
  const labels = text === "" ? [] : text.split(".");
  const parts = labels.map((label) => bytes(Uint8Array.of(label.length), new TextEncoder().encode(label)));
  return bytes(...parts, pointer === undefined ? Uint8Array.of(0) : u16(0xc000 | pointer));
}
export function question(owner: Uint8Array, type: number, klass = 1): Uint8Array {
  return bytes(owner, u16(type), u16(klass));
}
export function record(owner: Uint8Array, type: number, data: Uint8Array, ttl = 300, klass = 1): Uint8Array {
  return bytes(owner, u16(type), u16(klass), u32(ttl), u16(data.length), data);
}
export function message(
  id: number,
  flags: number,
  sections: { questions?: Uint8Array[]; answers?: Uint8Array[]; authority?: Uint8Array[]; additional?: Uint8Array[] },
): Uint8Array {
  const all = [sections.questions, sections.answers, sections.authority, sections.additional].map((s) => s ?? []);
  return bytes(u16(id), u16(flags), ...all.map((s) => u16(s.length)), ...all.flat());
}

/** Throws on what a resolver would refuse. */
export function readMessage(from: Uint8Array): DnsMessage {
  if (from.length < 12) throw new Error(`a message of ${from.length} bytes`);
  let at = 12;
  const readName = (start: number): { text: string; end: number } => {
    const labels: string[] = [];
    let end = -1;
    let limit = start;
    for (let cursor = start; ; ) {
      const length = from[cursor];
      if (length === undefined) throw new Error(`a name runs past the end at ${cursor}`);
      if (length === 0) return { text: labels.join("."), end: end < 0 ? cursor + 1 : end };
      if (length >= 0xc0) {
        const target = get16(from, cursor) & 0x3fff;
        if (end < 0) end = cursor + 2;
        if (target >= limit) throw new Error(`a pointer at ${cursor} to ${target} does not go back`);
        limit = target;
        cursor = target;
      } else {
        if (length > 63 || cursor + 1 + length > from.length)
          throw new Error(`a label of ${length} bytes at ${cursor}`);
        labels.push(new TextDecoder().decode(from.subarray(cursor + 1, cursor + 1 + length)));
        cursor += 1 + length;
      }
    }
  };
  const readQuestion = (): Question => {
    const { text, end } = readName(at);
    if (end + 4 > from.length) throw new Error("a question runs past the end");
    at = end + 4;
    return { name: text, type: get16(from, end), class: get16(from, end + 2) };
  };
  const readRecord = (): Rr => {
    const head = readQuestion();
    const length = get16(from, at + 4);
    const start = at + 6;
    const ttl = get32(from, at);
    if (start + length > from.length) throw new Error(`record data of ${length} bytes at ${start} run past the end`);
    at = start + length;
    const target = head.type === CNAME ? readName(start).text : undefined;
    return { ...head, ttl, data: from.slice(start, start + length), ...(target === undefined ? {} : { target }) };
  };
  const times = <T>(count: number, read: () => T) => Array.from({ length: count }, read);
  const parsed = {
    id: get16(from, 0),
    flags: get16(from, 2),
    questions: times(get16(from, 4), readQuestion),
    answers: times(get16(from, 6), readRecord),
    authority: times(get16(from, 8), readRecord),
    additional: times(get16(from, 10), readRecord),
  };
  if (at !== from.length) throw new Error(`${from.length - at} bytes behind the last record`);
  return parsed;
}

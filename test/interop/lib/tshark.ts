import { must } from "./process.js";
import { Scapy } from "./scapy.js";

/** Checksums are looked at only where asked for (offload makes captures of real hosts look wrong). */
const CHECKSUMS = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];

let guessers: Promise<string[]> | undefined;

/** Options against dissectors that guess from payload: iperf3's random bytes are no broken Thrift. */
function withoutGuessers(): Promise<string[]> {
  guessers ??= must(["tshark", "-G", "heuristic-decodes"]).then((text) => {
    // A row: list, protocol, T or F.
    const rows = text.split("\n").map((line) => line.split("\t"));
    const names = rows.flatMap(([list, name]) => (list === "tcp" || list === "udp" ? [name] : []));
    return [...new Set(names)].filter((name) => name !== "dns").flatMap((name) => ["--disable-protocol", name]);
  });
  return guessers;
}

/** Groups and severities of Wireshark's epan/proto.h. */
const GROUP = { checksum: 0x01000000, malformed: 0x07000000, protocol: 0x09000000 };
const WARN = 0x00600000;
const ERROR = 0x00800000;

export interface Flaw {
  frame: number;
  kind: "malformed" | "checksum" | "protocol";
  message: string;
}

export interface Dissection {
  frames: number;
  flaws: Flaw[];
}

/** Rows of the named fields, a row a frame; a field that occurs several times gives several values. */
export async function fields(
  file: string,
  names: readonly string[],
  filter = "",
  options: readonly string[] = [],
): Promise<string[][][]> {
  const argv = ["tshark", "-n", "-r", file, ...CHECKSUMS, ...(await withoutGuessers()), ...options, "-T", "fields"];
  argv.push("-E", "separator=/t", "-E", "aggregator=;", "-E", "occurrence=a");
  if (filter) argv.push("-Y", filter);
  for (const name of names) argv.push("-e", name);
  const text = await must(argv, { timeoutMs: 120_000 });
  return text
    .split("\n")
    .filter((line) => line.length > 0)
    .map((line) => line.split("\t").map((value) => (value === "" ? [] : value.split(";"))));
}

/** How many frames a display filter selects. */
export async function count(file: string, filter: string, options: readonly string[] = []): Promise<number> {
  return (await fields(file, ["frame.number"], filter, options)).length;
}

/** Everything about frames that match, as Wireshark's JSON. */
export async function packets(file: string, filter = ""): Promise<Record<string, unknown>[]> {
  const argv = ["tshark", "-n", "-r", file, ...CHECKSUMS, "-T", "json", "--no-duplicate-keys"];
  if (filter) argv.push("-Y", filter);
  const rows = JSON.parse(await must(argv, { timeoutMs: 120_000 })) as {
    _source: { layers: Record<string, unknown> };
  }[];
  return rows.map((row) => row._source.layers);
}

/**
 * What tshark holds against the frames of a capture: malformed ones, wrong checksums, and warnings or errors of the
 * expert group Protocol.
 */
export async function dissect(file: string, options: readonly string[] = []): Promise<Dissection> {
  const rows = await fields(
    file,
    ["frame.number", "_ws.expert.group", "_ws.expert.severity", "_ws.expert.message", "_ws.malformed", "_ws.col.Info"],
    "",
    options,
  );
  const flaws: Flaw[] = [];
  for (const [[frame], groups, severities, messages, malformed, info] of rows) {
    const add = (kind: Flaw["kind"], message: string): void => {
      flaws.push({ frame: Number(frame), kind, message: `${message} [${info.join(";")}]` });
    };
    if (malformed.length > 0) add("malformed", malformed.join("; "));
    for (const [i, group] of groups.entries()) {
      const severity = Number(severities[i]);
      const message = messages[i] ?? messages.join(";");
      if (Number(group) === GROUP.malformed) add("malformed", message);
      else if (Number(group) === GROUP.checksum && severity >= ERROR) add("checksum", message);
      else if (Number(group) === GROUP.protocol && severity >= WARN) add("protocol", message);
    }
  }
  flaws.push(...(await mobilityChecksums(file)));
  return { frames: rows.length, flaws };
}

/** tshark shows the checksum of a mobility header but never checks it: scapy does, slowly, so it is given the frames that matter. */
async function mobilityChecksums(file: string): Promise<Flaw[]> {
  const part = `${file}.mobility`;
  await must(["tshark", "-n", "-r", file, "-Y", "mipv6", "-w", part], { timeoutMs: 120_000 });
  const numbers = (await fields(file, ["frame.number"], "mipv6")).map(([[number]]) => Number(number));
  const flaws: Flaw[] = [];
  const script = Scapy.start(null, "mh_checksums.py", [part]);
  for (;;) {
    const line = await script.next<{ frame: number; have: number; want: number; end?: boolean }>(60_000);
    if (line.end) return flaws;
    const [have, want] = [line.have, line.want].map((sum) => `0x${sum.toString(16).padStart(4, "0")}`);
    flaws.push({
      frame: numbers[line.frame - 1],
      kind: "checksum",
      message: `mobility header checksum ${have}, should be ${want}`,
    });
  }
}

/** For captures of packets that were broken on purpose: flaws of what an ICMPv6 error quotes. */
export const QUOTED = /\[(Destination Unreachable|Packet Too Big|Time Exceeded|Parameter Problem)/;

/** Throws when tshark finds a flaw that `excused` does not name; the first ones stand in the message. `options`: of tshark. */
export async function assertClean(
  file: string,
  excused: readonly RegExp[] = [],
  options: readonly string[] = [],
): Promise<number> {
  const { frames, flaws } = await dissect(file, options);
  const left = flaws.filter((flaw) => !excused.some((pattern) => pattern.test(flaw.message)));
  if (frames === 0) throw new Error(`${file}: no frame`);
  if (left.length > 0) {
    const lines = left.slice(0, 8).map((flaw) => `frame ${flaw.frame}: ${flaw.kind}: ${flaw.message}`);
    throw new Error(`${left.length} flaws in ${frames} frames:\n${lines.join("\n")}`);
  }
  return frames;
}

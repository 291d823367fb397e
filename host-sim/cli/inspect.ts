/** `sixfold inspect FILE.pcapng`: every packet of a capture, layer by layer. */
import type { Command } from "commander";
import { KeyError } from "../core/ipsec/keys.js";
import { FileError } from "../core/load.js";
import { dissect, type Layer } from "../trace/dissect.js";
import { Keyring } from "../trace/ipsec/keyring.js";
import { PcapngError, type readPcapng } from "../trace/pcapng.js";
import { readPcapngFile } from "../trace/pcapng-file.js";
import { associationsIn } from "./keys.js";

export interface InspectOptions {
  /** One JSON document on stdout. */
  json?: boolean;
  /** One line a packet. */
  summary?: boolean;
  /** A configuration or Wireshark's esp_sa, whose keys open ESP and check ICVs. */
  keys?: string;
}

type Capture = ReturnType<typeof readPcapng>;

export function register(program: Command): void {
  program
    .command("inspect")
    .description("explain the packets of a capture layer by layer")
    .argument("<file>", "a pcapng file, such as out/demo.pcapng")
    .option("--json", "write JSON to stdout")
    .option("--summary", "one line a packet")
    .option("--keys <file>", "open ESP and check ICVs: a scenario, a live configuration, or Wireshark's esp_sa")
    .action((file: string, options: InspectOptions) => {
      process.exitCode = inspect(file, options);
    });
}

/** Returns the exit code: 0, or 2 where the file is missing or not pcapng, with a sentence on stderr. */
export function inspect(file: string, options: InspectOptions): number {
  let capture: Capture;
  let keyring: Keyring | undefined;
  try {
    capture = readPcapngFile(file);
    if (options.keys !== undefined) keyring = new Keyring(associationsIn(options.keys));
  } catch (error) {
    if (![PcapngError, FileError, KeyError].some((kind) => error instanceof kind)) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  if (options.json) writeJson(file, capture, keyring);
  else writeText(capture, options.summary ?? false, keyring);
  return 0;
}

function writeText({ interfaces, packets }: Capture, summaryOnly: boolean, keyring?: Keyring): void {
  for (const [i, packet] of packets.entries()) {
    const { name, linktype } = interfaces[packet.iface];
    const { layers, summary } = dissect(packet.data, linktype, keyring);
    const time = (packet.timeUs / 1e6).toFixed(6).padStart(12);
    const comment = packet.comment ? `  # ${packet.comment.replaceAll("\n", " ")}` : "";
    process.stdout.write(`${String(i + 1).padStart(5)} ${time}  ${name}  ${summary}${comment}\n`);
    if (!summaryOnly) process.stdout.write(`${explain(layers, packet.originalLength - packet.data.length)}\n`);
  }
}

/** A packet at a time: a capture may be long. */
function writeJson(file: string, { interfaces, packets }: Capture, keyring?: Keyring): void {
  process.stdout.write(`{"file":${JSON.stringify(file)},\n"interfaces":${JSON.stringify(interfaces)},\n"packets":[`);
  for (const [i, { iface, data, ...packet }] of packets.entries()) {
    const { name, linktype } = interfaces[iface];
    const row = { number: i + 1, interface: name, ...packet, length: data.length, ...dissect(data, linktype, keyring) };
    process.stdout.write(`${i ? "," : ""}\n${JSON.stringify(row)}`);
  }
  process.stdout.write("\n]}\n");
}

/** The layers with their offsets and fields, and an empty line. `missing`: bytes that the capture cut off. */
function explain(layers: Layer[], missing: number): string {
  const lines = layers.flatMap(({ name, summary, fields, offset, length }) => [
    `      ${`${offset}-${offset + length}`.padEnd(10)}${summary.startsWith(name) ? "" : `${name}: `}${summary}`,
    ...fields.map(([field, value]) => `${" ".repeat(18)}${field.padEnd(24)}${value}`),
  ]);
  if (missing > 0) lines.push(`      the capture lacks the last ${missing} bytes`);
  return `${lines.join("\n")}\n`;
}

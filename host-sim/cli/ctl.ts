/** `sixfold ctl NAME status|move|set|sa|watch|clean`: speaks to a node that `sixfold up` runs. */
import type { Command } from "commander";
import { FileError, loadAssociation } from "../core/load.js";
import { ask, converse, type Reply, type Request } from "../live/control-socket.js";
import { Journal, journalPath } from "../live/journal.js";
import { SetupError } from "../live/libc.js";
import type { DecodedEvent } from "../trace/events.js";
import { eventLine } from "../trace/report.js";
import { table } from "../trace/table.js";
import { Exit } from "./exit.js";

export interface CtlOptions {
  json?: boolean;
  port?: string;
}

const HELP = `
Verbs:
  status                     ports, addresses, neighbours, routes, bindings, tunnels, translations, counters, drops
  move INTERFACE             attach the link port to another interface (--port NAME where there are several)
  set program NUMBER on|off  a row of policy table 220
  set refresh HOME-ADDRESS   a home agent asks this mobile node to renew its binding
  set trace 0|1|2            how much is told: nothing, control steps and drops, every data packet
  sa list                    security associations, without their keys
  sa add FILE                one more: the file has it as a configuration would; the node reads its keys
  sa delete SPI in|out       takes one away
  watch                      events as they happen, until the node ends
  clean                      take back what a killed node left behind on this host
`;

export function register(program: Command): void {
  program
    .command("ctl")
    .description("speak to a running node: its status, moves, switches, events")
    .argument("<name>", "the node's name in its configuration")
    .argument("<verb>", "status, move, set, sa, watch or clean")
    .argument("[words...]", "what the verb needs")
    .option("--json", "write JSON to stdout")
    .option("--port <name>", "move: the link port, by its name in the configuration")
    .addHelpText("after", HELP)
    .action(async (name: string, verb: string, words: string[], options: CtlOptions) => {
      try {
        process.exitCode = await ctl(name, verb, words, options);
      } catch (error) {
        if (error instanceof FileError) {
          process.stderr.write(`${error.message}\n`);
          process.exitCode = Exit.WRONG_USE;
          return;
        }
        if (!(error instanceof SetupError)) throw error;
        process.stderr.write(`sixfold ctl: ${error.message}\n`);
        process.exitCode = error.exitCode;
      }
    });
}

/** Returns the exit code: 0, 1 where the node refused, 2 for wrong use. */
export async function ctl(name: string, verb: string, words: string[], options: CtlOptions): Promise<number> {
  if (verb === "clean") return clean(name, words);
  const request = parse(verb, words, options);
  if (request.verb === "watch") return watch(name, options.json ?? false);
  const reply = await ask(name, request);
  if (!reply.ok) {
    process.stderr.write(`sixfold ctl: ${reply.error}\n`);
    return Exit.FAILED;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(reply)}\n`);
  else if (request.verb === "status" || request.verb === "associations") process.stdout.write(statusText(reply));
  return Exit.OK;
}

/** The request that the words mean. Throws a SetupError that says what was expected. */
export function parse(verb: string, words: string[], options: CtlOptions): Request {
  const [what, ...values] = words;
  switch (verb) {
    case "status":
    case "watch":
      expect(words.length === 0, `${verb} takes no further words`);
      return { verb };
    case "move":
      expect(words.length === 1, "move needs the name of one interface");
      return { verb, interface: what, ...(options.port === undefined ? {} : { port: options.port }) };
    case "set":
      if (what === "program") {
        expect(/^\d{1,5}$/.test(values[0] ?? "") && /^(on|off)$/.test(values[1] ?? ""), "set program NUMBER on|off");
        return { verb: "program", number: Number(values[0]), on: values[1] === "on" };
      }
      if (what === "refresh") {
        expect(values.length === 1, "set refresh HOME-ADDRESS");
        return { verb: "refresh", homeAddress: values[0] };
      }
      if (what === "trace") {
        expect(/^[012]$/.test(values[0] ?? ""), "set trace 0|1|2");
        return { verb: "trace", level: Number(values[0]) };
      }
      throw new SetupError(`set knows program, refresh and trace, not "${what ?? ""}"`);
    case "sa":
      return association(what, values);
    default:
      throw new SetupError(`the verbs are status, move, set, sa, watch and clean, not "${verb}"`);
  }
}

function association(what: string | undefined, values: string[]): Request {
  if (what === "list") {
    expect(values.length === 0, "sa list takes no further words");
    return { verb: "associations" };
  }
  if (what === "add") {
    expect(values.length === 1, "sa add FILE");
    return { verb: "add-association", association: loadAssociation(values[0]) };
  }
  if (what === "delete") {
    const [number, direction] = values;
    const spi = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(number ?? "") ? Number(number) : 0;
    expect(spi >= 256 && spi <= 0xffffffff && /^(in|out)$/.test(direction ?? ""), "sa delete SPI in|out");
    return { verb: "delete-association", spi, direction: direction as "in" | "out" };
  }
  throw new SetupError(`sa knows list, add and delete, not "${what ?? ""}"`);
}

function expect(holds: boolean, expected: string): asserts holds {
  if (!holds) throw new SetupError(`expected: ${expected}`);
}

function clean(name: string, words: string[]): number {
  expect(words.length === 0, "clean takes no further words");
  const warnings: string[] = [];
  const steps = Journal.recover(journalPath(name), (sentence) => warnings.push(sentence));
  for (const sentence of warnings) process.stderr.write(`sixfold ctl: ${sentence}\n`);
  process.stdout.write(steps === 0 ? "nothing to take back\n" : `${steps} changes taken back\n`);
  return warnings.length === 0 ? Exit.OK : Exit.FAILED;
}

/** The first line is the reply, each later one an event as `up` publishes it. */
async function watch(name: string, json: boolean): Promise<number> {
  let first = true;
  for await (const line of converse(name, { verb: "watch" })) {
    if (first && !(line as Reply).ok) return Exit.FAILED;
    if (!first) process.stdout.write(`${json ? JSON.stringify(line) : eventLine(name, line as DecodedEvent)}\n`);
    first = false;
  }
  return Exit.OK;
}

/** Lists of rows as tables, the rest as a line each. */
export function statusText(status: object): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(status)) {
    if (name === "ok") continue;
    if (!Array.isArray(value)) {
      const parts = value !== null && typeof value === "object" ? Object.entries(value) : undefined;
      const text = parts ? parts.map(([k, v]) => `${k} ${v}`).join("  ") || "none" : String(value);
      lines.push(`${name}: ${text}`);
      continue;
    }
    if (value.length === 0) continue;
    const head = Object.keys(value[0]);
    const cells = value.map((row) => head.map((key) => String(row[key] ?? "")));
    lines.push("", name, table(head, cells, head.length));
  }
  return `${lines.join("\n")}\n`;
}

/** Runs a scenario in which an emulated board has the place of one of the nodes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boardEntropy, cosimulate } from "../boards/cosimulate.js";
import type { EmulatorKind } from "../boards/emulator.js";
import type { Firmware } from "../boards/firmware.js";
import { BoardNode } from "../boards/node.js";
import { formatMac } from "../core/address.js";
import type { Scenario } from "../core/scenario.js";
import { SimNode } from "../sim/node.js";
import { type Report, Run, type SimulateOptions } from "./simulate.js";

/** The scenario has no place for this firmware. */
export class NoPlace extends Error {
  override name = "NoPlace";
}

export interface BoardRunOptions extends SimulateOptions {
  firmware: Firmware;
  kind: EmulatorKind;
  /** Whose place the board takes; absent: the only node with the firmware's image. */
  node?: string;
  /** Sees each line of the board's console. */
  line?: (text: string) => void;
}

/** The report, with what the board says it is. Throws `NoPlace`, `EmulatorError` and what `Run` throws. */
export async function runBoard(scenario: Scenario, options: BoardRunOptions): Promise<Report> {
  const { firmware, kind, line } = options;
  const place = placeOf(scenario, firmware, options.node);
  const folder = mkdtempSync(join(tmpdir(), "sixfold-board-"));
  const surroundings = {
    firmware,
    kind,
    entropy: boardEntropy(options.seed, place),
    flash: join(folder, "flash"),
    line,
  };
  let board: BoardNode | undefined;
  try {
    const simulation = new Run(withAddresses(scenario, place, firmware, kind), options, (node, ...rest) => {
      if (node !== place) return new SimNode(node, ...rest);
      board = new BoardNode(surroundings, node, ...rest);
      return board;
    });
    await cosimulate(simulation.world, board!, () => simulation.look());
    return { ...simulation.report(), board: firmware.board, image: firmware.image, sha256: board!.hash };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The name of the node whose place the board takes. */
function placeOf(scenario: Scenario, { file, image }: Firmware, wanted: string | undefined): string {
  const single = Object.entries(scenario.nodes).filter(([, node]) => node.count === undefined);
  const fitting = single.filter(([name, node]) => node.image === image && (wanted ?? name) === name);
  if (fitting.length === 1) return fitting[0][0];
  const names = single.filter(([, node]) => node.image === image).map(([name]) => name);
  if (names.length === 0) throw new NoPlace(`the scenario has no node with image ${image}, which ${file} has`);
  throw new NoPlace(`say whose place the board takes: --node ${names.join(" or --node ")}`);
}

/** The scenario with the board's own addresses on its links. */
function withAddresses(scenario: Scenario, place: string, firmware: Firmware, kind: EmulatorKind): Scenario {
  const node = scenario.nodes[place];
  const ports = Object.entries(node.ports ?? {}).map(([name, port], number) => {
    const mac = firmware.ports.find((one) => one.number === number)?.mac ?? kind.mac(number);
    return [name, { ...port, mac: formatMac(mac) }];
  });
  return { ...scenario, nodes: { ...scenario.nodes, [place]: { ...node, ports: Object.fromEntries(ports) } } };
}

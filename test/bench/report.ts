import type { AnycastReport } from "./anycast/measure.js";
import type { BindingReport } from "./bindings.js";
import type { BoardReport } from "./boards/measure.js";
import { boardTargets } from "./boards/print.js";
import type { CryptoReport } from "./crypto/print.js";
import type { IpsecReport } from "./ipsec/measure.js";
import type { PacketRow } from "./packets.js";
import { SIZES } from "./path.js";
import { paths } from "./paths/index.js";
import type { SimulatorRow } from "./simulator.js";
import type { SizeRow } from "./sizes.js";

/** What `npm run bench -- --json` prints. */
export interface Report extends Measurements {
  targets: Target[];
}

export interface Measurements {
  machine: { cpu: string; cores: number; node: string };
  /** Rounds behind each median. */
  rounds: number;
  packets: PacketRow[];
  bindings: BindingReport;
  simulator: SimulatorRow[];
  sizes: SizeRow[];
  boards: BoardReport;
  crypto: CryptoReport;
  ipsec: IpsecReport;
  anycast: AnycastReport;
}

/** A limit that was to be reached; `value` is the worst of the sizes. */
export interface Target {
  name: string;
  value: number;
  limit: number;
  ok: boolean;
}

const KIB = 1024;
const TERMINAL_BYTES = 96 * 1000;
const AGENT_BYTES = 64 * KIB * KIB;
/** As good as flat: the tables of 100,000 bindings do not fit the caches that those of 1,000 do. */
const GROWTH = 1.5;

export function withTargets(measured: Measurements): Report {
  const { packets, bindings, simulator, sizes, boards, crypto, ipsec, anycast } = measured;
  const targets: Target[] = [];
  const target = (name: string, value: number, limit: number) => {
    targets.push({ name, value, limit, ok: value <= limit });
  };
  const worst = (name: string, engine: PacketRow["engine"], of: (row: PacketRow) => number) =>
    Math.max(...packets.filter((row) => row.path === name && row.engine === engine).map(of));
  for (const { name, floors } of paths) {
    if (floors)
      target(
        `${name}: floors in V8`,
        worst(name, "v8", (row) => row.floors!.median),
        floors,
      );
  }
  for (const { path } of packets.filter((row) => row.engine === "lwip" && row.size === SIZES[0])) {
    target(
      `${path}: times lwIP through wasm2c`,
      worst(path, "wasm2c", (row) => row.lwip!.median),
      1.3,
    );
  }
  const terminal = sizes.find(({ image }) => image === "terminal")!;
  target("terminal: bytes of wasm", terminal.wasm, TERMINAL_BYTES);
  target("terminal: pages", terminal.pages, 1);
  target("home agent, 100,000 bindings: bytes of memory", bindings.memory, AGENT_BYTES);
  target("home agent: a packet with 100,000 bindings by one with 1,024", bindings.growth.median, GROWTH);
  for (const { nodes, microsecondsPerPacket, bytesPerNode } of simulator) {
    target(`simulator, ${nodes} nodes: µs a packet`, microsecondsPerPacket.median, 20);
    target(`simulator, ${nodes} nodes: KiB a node`, bytesPerNode.median / KIB, 100);
  }
  const parts = [...boardTargets(boards), ...crypto.targets, ...ipsec.targets, ...anycast.targets];
  return { ...measured, targets: [...targets, ...parts] };
}

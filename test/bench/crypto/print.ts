import type { Target } from "../report.js";
import { table } from "../table.js";
import { type AlgorithmRow, measureAlgorithms } from "./boards.js";
import { type AeadRow, measureAeads } from "./v8.js";

/** What `npm run bench -- crypto --json` prints. */
export interface CryptoReport {
  aeads: AeadRow[];
  algorithms: AlgorithmRow[];
  targets: Target[];
}

const NOBLE = { "ChaCha20-Poly1305": 4, "AES-128-GCM": 1.1 } as const;

export function measureCrypto(rounds: number): CryptoReport {
  const aeads = measureAeads(rounds);
  const algorithms = measureAlgorithms();
  return { aeads, algorithms, targets: targets(aeads, algorithms) };
}

function targets(aeads: AeadRow[], algorithms: AlgorithmRow[]): Target[] {
  const atLeast = (name: string, value: number, limit: number) => ({ name, value, limit, ok: value >= limit });
  const inNode = aeads.flatMap(({ algorithm, size, timesNoble, timesNode }) => [
    atLeast(
      `${algorithm}, ${size} bytes: at least times noble`,
      timesNoble.median,
      NOBLE[algorithm as keyof typeof NOBLE],
    ),
    ...(algorithm === "ChaCha20-Poly1305"
      ? [atLeast(`${algorithm}, ${size} bytes: at least times node:crypto`, timesNode.median, 1)]
      : []),
  ]);
  const onBoards = algorithms.flatMap(({ machine, unit, algorithm, size, cost, limit }) => {
    const value = cost / size;
    return limit === undefined
      ? []
      : [{ name: `${machine}, ${algorithm}: ${unit} a byte`, value, limit, ok: value <= limit }];
  });
  return [...inNode, ...onBoards];
}

/** The algorithms as tables for people. */
export function printCrypto({ aeads, algorithms }: CryptoReport): void {
  table(
    ["in Node", "bytes", "image/s", "noble/s", "node:crypto/s", "times noble", "times node:crypto"],
    aeads.map(({ algorithm, size, image, noble, node, timesNoble, timesNode }) => [
      ...[algorithm, `${size}`, ...[image, noble, node].map(({ median }) => median.toFixed(0))],
      ...[timesNoble, timesNode].map(({ median }) => median.toFixed(2)),
    ]),
  );
  table(
    ["board", "algorithm", "gcc", "bytes", "a packet", "a byte", "", "asked"],
    algorithms.map(({ machine, unit, level, algorithm, size, cost, limit }) => [
      ...[
        machine,
        algorithm,
        `-${level}`,
        `${size}`,
        `${cost}`,
        (cost / size).toFixed(1),
        unit,
        limit ? `${limit}` : "",
      ],
    ]),
  );
}

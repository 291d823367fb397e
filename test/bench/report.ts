import type { PacketRow } from "./packets.js";

/** What `npm run bench -- --json` prints. */
export interface Report {
  machine: { cpu: string; cores: number; node: string };
  /** Rounds behind each median. */
  rounds: number;
  packets: PacketRow[];
}

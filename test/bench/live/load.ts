import { readFileSync } from "node:fs";
import type { Namespace } from "../../interop/lib/netns.js";

/** A pair of live nodes with an ESP tunnel between them. */
export interface Pair {
  name: string;
  /** Where the packets come from, and where they go to. */
  from: Namespace;
  to: Namespace;
  source: string;
  target: string;
  /** The nodes' processes. */
  pids: readonly number[];
}

/** What became of packets that were offered at one rate. */
export interface Trial {
  /** Packets a second that arrived. */
  arrived: number;
  /** Packets that did not arrive, as a share of those that were sent. */
  lost: number;
  /** Microseconds of processor time that both nodes took for each packet that arrived. */
  processor: number;
}

/** Bytes of an IPv6 packet, and of the data in it: without the headers of IPv6 and UDP. */
export const PACKET = 1200;
const DATA = PACKET - 48;
/** The listener's buffer: with the default's 92 packets what is measured is how soon the machine lets iperf3 read them. */
const BUFFER = Math.min(
  2 << 20,
  ...["rmem_max", "wmem_max"].map((name) => Number(readFileSync(`/proc/sys/net/core/${name}`, "utf8"))),
);
/** How long one trial sends. */
const SECONDS = 0.6;

/** Sends UDP through the tunnel, one way, with `rate` packets a second. */
export async function offer({ from, to, source, target, pids }: Pair, rate: number): Promise<Trial> {
  const listener = to.start(["iperf3", "-s", "-1", "--forceflush", "-B", target]);
  try {
    await listener.line(/Server listening/, 5000);
    const before = processorTime(pids);
    const load = [
      "-u",
      "-l",
      `${DATA}`,
      "-b",
      `${Math.round(rate * DATA * 8)}`,
      "-k",
      `${Math.round(rate * SECONDS)}`,
      "-w",
      `${BUFFER}`,
    ];
    const text = await from.must(["iperf3", "-6", "-J", "-c", target, "-B", source, ...load], { timeoutMs: 20_000 });
    const took = processorTime(pids) - before;
    const { packets, lost_packets: lost, seconds } = JSON.parse(text).end.sum_received;
    return { arrived: (packets - lost) / seconds, lost: lost / packets, processor: took / (packets - lost) };
  } finally {
    await listener.stop();
  }
}

/** Microseconds that processes have used so far, in their own code and in the kernel's (proc(5), `stat`). */
function processorTime(pids: readonly number[]): number {
  const TICK = 10_000;
  return pids
    .map((pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK;
    })
    .reduce((sum, time) => sum + time, 0);
}

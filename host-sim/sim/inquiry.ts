/**
 * Requests and answers, as an application has them that looks where an answer comes from: from the address and the port that it asked, to
 * the port that it asked from, and for a request that nobody has answered yet. Repeated genuine answers it counts as duplicates.
 */

import type { Direction } from "./flow.js";
import { type Probe, portOf, portsOf, sourceOf, Way } from "./packets.js";

export class Inquiry {
  /** Where requests went last. */
  asked: Uint8Array | undefined;
  /** Made-up answers that it believed, by the number of the impostor. */
  readonly believed = new Map<number, number>();
  /** Answers that it refused by itself. */
  refused = 0;
  /** Requests that an impostor has answered. */
  private readonly deceived = new Set<number>();

  constructor(
    /** Whether answers come from the address that was asked. If they come from another one, it can look at ports alone. */
    readonly fromAsked: boolean,
    /** Bytes of payload in an answer. */
    readonly size: number,
  ) {}

  /** An answer, in a packet that is whole. True: it was taken. */
  hear(packet: Uint8Array, probe: Probe, requests: Direction, nowUs: number): boolean {
    const { sequence } = probe;
    const forged = probe.direction >= Way.FORGED;
    const late = this.deceived.has(sequence) || (forged && requests.deliveredUs[sequence] >= 0);
    if (late || sequence >= requests.sent || !this.comesFromAsked(packet, probe)) {
      this.refused++;
      return false;
    }
    if (forged) {
      const impostor = probe.direction - Way.FORGED;
      this.believed.set(impostor, (this.believed.get(impostor) ?? 0) + 1);
      this.deceived.add(sequence);
    } else requests.deliver(sequence, nowUs);
    return true;
  }

  private comesFromAsked(packet: Uint8Array, { kind, flow }: Probe): boolean {
    const ports = kind === "udp" ? portsOf(packet) : undefined;
    const port = portOf(flow);
    if (ports && (ports.source !== port || ports.destination !== port)) return false;
    return !this.fromAsked || (this.asked !== undefined && Buffer.compare(sourceOf(packet), this.asked) === 0);
  }
}

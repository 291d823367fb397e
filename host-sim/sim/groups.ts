/**
 * The multicast filter of a node's network interfaces: what a real one would not let through costs the core nothing. Home agents
 * answer for addresses that they do not tell, so they hear every solicitation.
 */
import { type ImageName, isRouter } from "../core/image.js";

const ALL_NODES = 1;
const ALL_ROUTERS = 2;
/** ff02::1:ffXX:XXXX is 33:33:ff:XX:XX:XX (RFC 2464 §7). */
const SOLICITED_NODE = 0xff;

export class Groups {
  /** Last three bytes of addresses. */
  private readonly solicited = new Set<number>();
  private readonly isRouter: boolean;
  private readonly isProxy: boolean;

  constructor(image: ImageName) {
    this.isRouter = isRouter(image);
    this.isProxy = image === "home-agent";
  }

  /** The node has, or tries, the IPv6 address at `offset`. Addresses that are gone stay: that costs little and loses nothing. */
  join(bytes: DataView, offset: number): void {
    this.solicited.add(bytes.getUint32(offset + 12) & 0xffffff);
  }

  /** `frame` begins with a group's MAC address. */
  has(frame: Uint8Array): boolean {
    const low = (frame[3] << 16) | (frame[4] << 8) | frame[5];
    if (frame[2] === SOLICITED_NODE) return this.isProxy || this.solicited.has(low);
    return low === ALL_NODES || (low === ALL_ROUTERS && this.isRouter);
  }
}

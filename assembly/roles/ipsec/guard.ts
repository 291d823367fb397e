import { Packet } from "../../engine/packet";
import { Association, association } from "../../tables/sad";

/** What `Packet.guard` says beside the row of the association. */
export enum Guard {
  /** What lies at `at` is the IPv6 header of the association's tunnel itself. */
  INSIDE = 0x8000,
  /** The association's policy is also the first one for the packet inside, which has no headers that could change that. */
  JUDGED = 0x4000,
}
/** The association that carried what lies at `at`; there is one. */
export function guardOf(p: Packet): Association {
  return association(<i32>(p.guard & 0x3fff) - 1);
}

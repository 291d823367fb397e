import { Packet } from "../../engine/packet";

/** Takes `n` bytes of header off at `at`, a multiple of 8: what lies in front of them moves up to the payload, whose type is `next`. */
export function takeOff(p: Packet, n: i32, next: u32): void {}

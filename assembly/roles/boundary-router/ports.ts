import { Message, Refusal } from "../../abi/message";
import { onControl } from "../../engine/control";
import { portExists } from "../../engine/ports";

// Which ports are inside. Until one has been named, a boundary router is a router.

let named: bool = false;
let inside: u32 = 0; // a bit a port

export function attachPorts(): void {
  onControl(Message.BOUNDARY, boundary);
}
/** Has the router a boundary? */
export function isBoundary(): bool {
  return named;
}
export function isInside(port: u32): bool {
  return (inside & (1 << port)) != 0;
}
function boundary(at: usize, len: i32): Refusal {
  if (len != 4) return Refusal.BAD_LENGTH;
  const port = <u32>load<u8>(at);
  const side = <u32>load<u8>(at, 1);
  if (!portExists(port)) return Refusal.NO_SUCH_PORT;
  if (side > 1) return Refusal.BAD_VALUE;
  inside = (inside & ~(1 << port)) | (side << port);
  named = true;
  return Refusal.NONE;
}

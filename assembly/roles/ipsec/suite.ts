import { Mode } from "../../abi/ipsec";
import { Association } from "../../tables/sad";

/** Bytes that `espOut` or `ahOut` add around `len` bytes: of the whole packet in tunnel mode, else of what follows the insertion point. */
export function overhead(sa: Association, mode: Mode, len: i32): i32 {
  return 0;
}
/** Forgets the keys made ready for this association: before its row is cleared. */
export function forgetKeys(sa: Association): void {}

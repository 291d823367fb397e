/** A firmware as a linker leaves it: code, manifest, messages, more code. */
import { PortKind } from "../../../assembly/abi/port.js";
import { seal } from "../../../host-sim/boards/firmware.js";
import { Messages } from "../../../host-sim/core/messages.js";

export const SAMPLE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 7);
export const SAMPLE_HASH = "c4".repeat(32);

/** `code`: bytes of code in front of the manifest. */
export function unsealedFirmware(board: string, code = 301): Buffer {
  const messages = new Messages()
    .port(0, PortKind.ETHER, 1500, SAMPLE_MAC)
    .port(1, PortKind.ETHER, 1500, new Uint8Array(6))
    .port(2, PortKind.IP, 1500)
    .bytes();
  const manifest = Buffer.alloc(92);
  manifest.write("SIXFOLD1", 0);
  manifest.write(board, 16);
  manifest.write("terminal", 40);
  manifest.write(SAMPLE_HASH, 56, "hex");
  manifest.writeUInt32LE(messages.length, 88);
  return Buffer.concat([Buffer.alloc(code, 0x13), manifest, messages, Buffer.alloc(77, 0x42)]);
}

export function sampleFirmware(board: string, code?: number): Buffer {
  const bytes = unsealedFirmware(board, code);
  seal(bytes);
  return bytes;
}

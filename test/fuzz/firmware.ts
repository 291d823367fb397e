// Targets of plain C: what in the firmware takes bytes from outside. A harness of native/c/NAME.c calls it.
import { be, concat, le } from "../bench/frames.js";

export interface Native {
  name: string;
  about: string;
  /** Paths in the repository. */
  sources: string[];
  defines: string[];
  longest: number;
  inputs: Record<string, Uint8Array>;
}

const U8 = 8;
/** A small flash: blocks that a few of the longest records fill. */
const FLASH = ["-DFLASH_BLOCK=4096", "-DFLASH_BLOCKS=3", "-DFLASH_UNIT=8"];
const put = (id: number, length: number, byte: number) => concat(be(U8, 0, id), le(16, length), be(U8, byte));
const LINE = "configure 2800240000030000\n";
const packet = Uint8Array.of(0x45, 0xc0, 0xdb, 0xdc, 0xdd, 0);
const frame = new Uint8Array(60);

export const NATIVE: Native[] = [
  {
    name: "flash-records",
    about: "records in flash: corruption and power cuts",
    sources: ["test/fuzz/native/c/records.c", "firmware/records.c", "firmware/crc32.c"],
    defines: FLASH,
    longest: 512,
    inputs: {
      life: concat(put(1, 40, 7), put(2, 1000, 8), be(U8, 2), put(1, 1024, 9), put(1, 0, 0), be(U8, 3, 2)),
      cut: concat(put(1, 100, 7), be(U8, 6, 5, 1), le(16, 200), be(U8, 9), be(U8, 2)),
      flip: concat(put(1, 100, 7), be(U8, 4), le(16, 40), be(U8, 1), put(1, 10, 3)),
    },
  },
  {
    name: "console-line",
    about: "lines typed at the console, hexadecimal messages",
    sources: ["test/fuzz/native/c/console.c", "firmware/console.c"],
    defines: [],
    longest: 1024,
    inputs: { line: Buffer.from(`${LINE}status\r\n`), hexadecimal: Buffer.from("2800240000030000\n") },
  },
  {
    name: "slip",
    about: "packets on a serial line",
    sources: ["test/fuzz/native/c/slip.c", "firmware/drivers/slip.c"],
    defines: [],
    longest: 6000,
    inputs: {
      packet: concat(be(U8, 0, 8, 0xc0), packet, be(U8, 0xc0, 1), le(16, 1500)),
      back: concat(be(U8, 2), le(16, packet.length), packet),
    },
  },
  {
    name: "w5500",
    about: "an Ethernet controller that answers nonsense",
    sources: ["test/fuzz/native/c/w5500.c", "firmware/drivers/w5500.c"],
    defines: [],
    longest: 1024,
    inputs: {
      frame: concat(
        be(U8, 0, 3, 0, 4, 3),
        le(16, 62),
        be(U8, 60),
        frame,
        be(U8, 1),
        le(16, 1600),
        be(U8, 2),
        le(16, 100),
      ),
      lies: concat(be(U8, 0, 3, 0, 4, 4, 3, 1, 2, 3, 3), le(16, 62), be(U8, 0, 1), le(16, 1600), be(U8, 0, 20)),
    },
  },
];

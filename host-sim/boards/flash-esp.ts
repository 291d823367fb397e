/** Boards with an ESP chip: its boot ROM takes the firmware over a serial line, spoken to by Espressif's esptool-js. */
import { createHash } from "node:crypto";
import { ESPLoader, Transport } from "esptool-js";
import type { Board } from "./board.js";
import { CannotFlash, FlashFailed, type Progress } from "./flasher.js";
import { type Candidate, candidates, ListError, serialPorts } from "./serial-ports.js";
import { SerialError, WebSerial } from "./web-serial.js";

/** What the boot ROM begins with, and what is asked for then; a line that cannot falls back to the first. */
const ROM_BAUD = 115200;
const BAUD = 460800;

/** esptool-js tells the end of a line on the console, whatever it was asked to: stdout is not its. */
class QuietTransport extends Transport {
  override trace(): void {}
}

/** What is written, and where. */
export interface EspWrite {
  bytes: Uint8Array;
  address: number;
  /** The boot ROM starts it itself, without a boot loader: newer chips only. */
  directBoot: boolean;
}

/** The board's line. Throws `CannotFlash`: none or several, or they cannot be listed. */
export async function findPort(wanted?: string): Promise<Candidate> {
  let found: Awaited<ReturnType<typeof serialPorts>> = [];
  try {
    found = await serialPorts();
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    // Named, it need not be found.
    if (wanted === undefined) throw new CannotFlash(error.message);
  }
  if (wanted !== undefined) {
    const known = candidates(found.filter(({ path }) => path === wanted));
    return known[0] ?? { path: wanted };
  }
  return onlyOne(candidates(found));
}

export function onlyOne(ports: Candidate[]): Candidate {
  if (ports.length === 1) return ports[0];
  if (ports.length === 0) {
    throw new CannotFlash(
      "no serial port with a board: plug it in with a cable that carries data, or name it with --port",
    );
  }
  throw new CannotFlash(`several boards are plugged in: --port ${ports.map(({ path }) => path).join(" or --port ")}`);
}

/** Writes, compares what the chip has then, and starts it. Throws `CannotFlash` or `FlashFailed`. */
export async function flashEsp(
  port: Candidate,
  { bytes, address, directBoot }: EspWrite,
  board: Board & Required<Pick<Board, "esp">>,
  progress: Progress,
): Promise<{ chip: string }> {
  const line = new WebSerial(port.path, { usbVendorId: port.vendorId, usbProductId: port.productId });
  const transport = new QuietTransport(line as unknown as ConstructorParameters<typeof Transport>[0]);
  const silent = { clean() {}, writeLine() {}, write() {} };
  const loader = new ESPLoader({ transport, baudrate: BAUD, romBaudrate: ROM_BAUD, terminal: silent });
  let written = 0;
  const steps = async () => {
    const chip = await connect(loader, port);
    await mustFit(loader, board, directBoot);
    await loader.writeFlash({
      fileArray: [{ data: bytes, address }],
      ...({ flashSize: "keep", flashMode: "keep", flashFreq: "keep" } as const),
      eraseAll: false,
      compress: true,
      calculateMD5Hash: (image) => createHash("md5").update(image).digest("hex"),
      reportProgress: (_, done, total) => {
        written = done;
        progress(done, total);
      },
    });
    // Out of the boot ROM: the chip is held in reset for a moment.
    await loader.after("custom_reset", undefined, "D0|R1|W100|R0");
    return { chip };
  };
  try {
    return await Promise.race([steps(), line.lost]);
  } catch (error) {
    if (error instanceof CannotFlash) throw error;
    if (error instanceof SerialError && !line.opened) throw new CannotFlash(error.message);
    const { message } = error as Error;
    throw new FlashFailed(`${message}${written > 0 ? `, after ${written} bytes` : ""}; flash the board again`);
  } finally {
    await line.close();
  }
}

/** Asks the chip what it is; the answer in words. */
async function connect(loader: ESPLoader, { path }: Candidate): Promise<string> {
  try {
    return await loader.main();
  } catch (error) {
    if (error instanceof SerialError || !/Failed to connect/.test((error as Error).message)) throw error;
    throw new CannotFlash(
      `nothing on ${path} answers as a boot ROM: hold the board's BOOT button, press RESET, let go of both, and flash again`,
    );
  }
}

async function mustFit(loader: ESPLoader, { name, esp }: Board & Required<Pick<Board, "esp">>, directBoot: boolean) {
  const { CHIP_NAME } = loader.chip;
  if (CHIP_NAME !== esp.chip)
    throw new CannotFlash(`the chip is an ${CHIP_NAME}, the firmware is for ${name} with an ${esp.chip}`);
  if (!directBoot) return;
  const revision = (await loader.chip.getChipRevision?.(loader)) ?? 0;
  if (revision >= esp.directBootRevision) return;
  throw new CannotFlash(
    `the chip is of revision ${revision}, and starts firmware without a boot loader from revision ${esp.directBootRevision} on: build it with --format esp`,
  );
}

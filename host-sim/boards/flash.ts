/** A firmware onto the board that is plugged in, whatever way that board takes it. */
import { type Board, loadBoard } from "./board.js";
import { type Firmware, readFirmware } from "./firmware.js";
import { findPort, flashEsp } from "./flash-esp.js";
import { copyToDrive, findDrive } from "./flash-uf2.js";
import { CannotFlash, flasherOf, type Progress } from "./flasher.js";

/** Where the board is; absent: found. */
export interface Where {
  /** Serial port of an ESP board. */
  port?: string;
  /** Folder where the drive of a UF2 board is mounted. */
  drive?: string;
}

export interface Flashed {
  firmware: Firmware;
  /** The drive or the serial port. */
  to: string;
  /** Of an ESP board, in its own words. */
  chip?: string;
}

/** Throws `BoardError`, `FirmwareError` or `CannotFlash` where nothing was written, `FlashFailed` where it did not end well. */
export async function flashFirmware(file: string, where: Where, progress: Progress): Promise<Flashed> {
  const firmware = readFirmware(file);
  const board = loadBoard(firmware.board);
  const flasher = flasherOf(board);
  if (flasher === undefined) {
    throw new CannotFlash(`board ${board.name} is not flashed: its firmware is run where it is (docs/boards.md)`);
  }
  const wrong = flasher === "uf2-drive" ? where.port && "--port" : where.drive && "--drive";
  if (wrong) throw new CannotFlash(`board ${board.name} is not flashed by ${wrong}`);
  const forms = [board.output, ...(board.otherOutputs ?? [])];
  if (!forms.includes(firmware.form)) {
    throw new CannotFlash(`${file} is of the form ${firmware.form}, board ${board.name} takes ${forms.join(" or ")}`);
  }
  if (flasher === "uf2-drive") {
    const drive = findDrive(board.uf2Board!, where.drive);
    copyToDrive(drive, firmware.content, progress);
    return { firmware, to: drive.path };
  }
  return overSerial(firmware, { ...board, esp: board.esp! }, where.port, progress);
}

async function overSerial(
  firmware: Firmware,
  board: Board & Required<Pick<Board, "esp">>,
  wanted: string | undefined,
  progress: Progress,
): Promise<Flashed> {
  const port = await findPort(wanted);
  const directBoot = firmware.form === "bin";
  const address = directBoot ? 0 : board.esp.appAddress;
  const { chip } = await flashEsp(port, { bytes: firmware.content, address, directBoot }, board, progress);
  return { firmware, to: port.path, chip };
}

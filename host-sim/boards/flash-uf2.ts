/** Boards whose boot ROM is a USB drive: the firmware is a UF2 file that is copied there. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { CannotFlash, FlashFailed, type Progress } from "./flasher.js";

/** What such a drive holds, beside other files: `Board-ID: RPI-RP2` (https://github.com/microsoft/uf2, "Files exposed"). */
const INFO = "INFO_UF2.TXT";
/** Where desktops put drives, and hands do; each may hold drives or users' folders with them. */
const PLACES = ["/media", "/run/media", "/mnt", "/Volumes"];
/** Whole blocks, small enough for a bar that moves. */
const CHUNK = 32 * 512;

export interface Drive {
  path: string;
  /** `RPI-RP2` */
  boardId: string;
}

/** The drive at a folder, undefined where there is none. */
export function driveAt(path: string): Drive | undefined {
  try {
    const boardId = /^Board-ID:\s*(\S+)/m.exec(readFileSync(join(path, INFO), "latin1"))?.[1];
    return boardId === undefined ? undefined : { path, boardId };
  } catch {
    return undefined;
  }
}

/** Where drives may be: what is mounted, and the usual places down to two folders. */
export function drivePlaces(): string[] {
  const deeper = (folders: string[]) => folders.flatMap((folder) => subfolders(folder));
  const first = deeper(PLACES);
  return [...new Set([...mounted(), ...PLACES, ...first, ...deeper(first)])];
}

function mounted(): string[] {
  try {
    const lines = readFileSync("/proc/mounts", "utf8").split("\n");
    // Spaces and tabs in a path are octal numbers there.
    return lines.flatMap((line) => {
      const path = line.split(" ")[1];
      return path === undefined
        ? []
        : [path.replace(/\\(\d{3})/g, (_, n) => String.fromCharCode(Number.parseInt(n, 8)))];
    });
  } catch {
    return [];
  }
}

function subfolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  } catch {
    return [];
  }
}

/**
 * The one drive of a board with this Board-ID. Throws `CannotFlash`: none, several, or `wanted` is another's.
 * @param wanted the drive's folder, where the user names it
 */
export function findDrive(boardId: string, wanted?: string, places = drivePlaces()): Drive {
  if (wanted !== undefined) {
    const drive = driveAt(wanted);
    if (!drive) throw new CannotFlash(`${wanted} is no drive of a board: it has no ${INFO} with a Board-ID`);
    if (drive.boardId === boardId) return drive;
    throw new CannotFlash(`${wanted} is the drive of a board ${drive.boardId}, the firmware is for ${boardId}`);
  }
  const drives = places.flatMap((place) => driveAt(place) ?? []);
  const fitting = drives.filter((drive) => drive.boardId === boardId);
  if (fitting.length === 1) return fitting[0];
  if (fitting.length > 1) {
    const paths = fitting.map(({ path }) => path);
    throw new CannotFlash(`several boards ${boardId} are plugged in: --drive ${paths.join(" or --drive ")}`);
  }
  const others = drives.map((drive) => `${drive.path} is of ${drive.boardId}`).join(", ");
  throw new CannotFlash(`no drive of a board ${boardId} is mounted${others && ` (${others})`}; ${howToMount(boardId)}`);
}

function howToMount(label: string): string {
  const device = `/dev/disk/by-label/${label}`;
  if (existsSync(device)) return `it is plugged in: "udisksctl mount -b ${device}" mounts it`;
  return "hold the board's BOOTSEL button while you plug it in, mount the drive that appears, or name it with --drive";
}

/**
 * Copies the file and waits until it is on the drive. The boot ROM leaves with the drive as soon as it has the last block, so that
 * the end of the copy may fail on a board that is in order. Throws `FlashFailed`.
 */
export function copyToDrive(drive: Drive, content: Uint8Array, progress: Progress): void {
  let written = 0;
  let file: number | undefined;
  try {
    file = openSync(join(drive.path, "firmware.uf2"), "w");
    for (; written < content.length; progress(written, content.length)) {
      const part = content.subarray(written, written + CHUNK);
      let done = 0;
      while (done < part.length) done += writeSync(file, part, done);
      // Before the next one is begun: what is told as written is on the board.
      if (written + part.length < content.length) fsyncSync(file);
      written += part.length;
    }
  } catch (error) {
    throw new FlashFailed(failure(drive, error as NodeJS.ErrnoException, written, content.length));
  } finally {
    if (file !== undefined) finish(drive, file, written === content.length);
  }
}

function finish(drive: Drive, file: number, complete: boolean): void {
  try {
    if (complete) fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if (!complete || !driveAt(drive.path)) return;
    throw new FlashFailed(`${drive.path}: ${(error as Error).message}`);
  }
}

function failure(drive: Drive, { code, message }: NodeJS.ErrnoException, written: number, total: number): string {
  const where = `after ${written} of ${total} bytes`;
  if (!driveAt(drive.path)) {
    return `${drive.path} is gone ${where}: was the board unplugged? Hold BOOTSEL, plug it in and flash it again`;
  }
  if (code === "ENOSPC") return `${drive.path} is full ${where}: is it really a board?`;
  if (code === "EROFS") return `${drive.path} is mounted read-only: mount it for writing`;
  if (code === "EACCES" || code === "EPERM") return `no permission to write to ${drive.path}: mount it for your user`;
  return `${drive.path}, ${where}: ${message}`;
}

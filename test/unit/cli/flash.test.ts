/**
 * Flashing: on a pseudo-terminal of the kernel with a model of the boot ROM behind it (esp-rom.ts: self-tested), and on folders as
 * drives. The program itself is run where its exit code and its stdout are looked at.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SerialPort } from "serialport";
import { BoardError } from "../../../host-sim/boards/board.js";
import { espBody, finishEspImage } from "../../../host-sim/boards/esp-image.js";
import { FirmwareError, seal } from "../../../host-sim/boards/firmware.js";
import { flashFirmware, type Where } from "../../../host-sim/boards/flash.js";
import { copyToDrive, findDrive } from "../../../host-sim/boards/flash-uf2.js";
import { CannotFlash, FlashFailed } from "../../../host-sim/boards/flasher.js";
import { candidates } from "../../../host-sim/boards/serial-ports.js";
import { uf2 } from "../../../host-sim/boards/uf2.js";
import { EspRom, type EspRomOptions } from "../firmware/esp-rom.js";
import { openPty } from "../firmware/pty.js";
import { SAMPLE_HASH, sampleFirmware, unsealedFirmware } from "../firmware/sample.js";
import { SIXFOLD } from "./capture.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-flash-test-"));
after(() => rmSync(folder, { recursive: true }));

const C3 = "esp32c3-w5500";
const PICO = "rp2040-w5500";
const PICO_FAMILY = 0xe48bff56;
const NOBODY = 65534;

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

function flash(args: string[], env: Record<string, string> = {}): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [SIXFOLD, "flash", ...args], { env: { ...process.env, ...env } });
    const result: Result = { status: null, stdout: "", stderr: "" };
    child.stdout.on("data", (text) => {
      result.stdout += text;
    });
    child.stderr.on("data", (text) => {
      result.stderr += text;
    });
    child.on("close", (status) => resolve({ ...result, status }));
  });
}

/** A chip on a line: what `use` gives, and what its flash has then. */
async function withChip<T>(
  options: EspRomOptions,
  use: (port: string) => Promise<T>,
): Promise<{ result: T; flash: Buffer }> {
  const pty = openPty();
  try {
    const rom = new EspRom(pty.end, { ...options, unplug: () => pty.end.destroy() });
    return { result: await use(pty.path), flash: rom.flash };
  } finally {
    pty.end.destroy();
  }
}

const quiet = () => {};
/** The error that flashing ends with. */
async function failure(path: string, where: Where = {}): Promise<Error> {
  try {
    await flashFirmware(path, where, quiet);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${path} was flashed`);
}

const erased = (flash: Buffer) => flash.every((byte) => byte === 0xff);
const direct = sampleFirmware(C3, 5000);
const bin = file("c3.bin", direct);

test("a direct-boot firmware is at the beginning of the chip's flash, and stdout is JSON", async () => {
  const { result, flash: written } = await withChip({}, (port) => flash([bin, "--port", port, "--json"]));
  const { status, stdout, stderr } = result;
  assert.deepEqual([status, stderr], [0, ""]);
  const { ok, board, image, sha256, bytes, chip, to } = JSON.parse(stdout);
  assert.deepEqual([ok, board, image, sha256, bytes], [true, C3, "terminal", SAMPLE_HASH, direct.length]);
  assert.match(`${chip} ${to}`, /^ESP32-C3 .* \/dev\/pts\/\d+$/);
  assert.deepEqual(written.subarray(0, direct.length), direct);
});

test("Espressif's image is where the boot loader looks for it", async () => {
  const body = espBody([{ address: 0x3fc81000, bytes: unsealedFirmware(C3, 3000) }], 0x3fc81000, 5);
  seal(body);
  const image = finishEspImage(body);
  const { result, flash: written } = await withChip({}, (port) => flash([file("c3.esp", image), "--port", port]));
  assert.equal(result.status, 0);
  assert.match(result.stdout, /✓ esp32c3-w5500: terminal c4c4c4c4c4c4c4c4… is on the board at \/dev\/pts/);
  assert.ok(erased(written.subarray(0, 0x10000)));
  assert.deepEqual(written.subarray(0x10000, 0x10000 + image.length), image);
});

test("another chip, or one too old to boot directly, is told and nothing is written", async () => {
  const cases: [EspRomOptions, RegExp][] = [
    [{ chipId: 13 }, /the chip is an ESP32-C6, the firmware is for esp32c3-w5500 with an ESP32-C3/],
    [
      { revision: 2 },
      /revision 2, and starts firmware without a boot loader from revision 3 on: build it with --format esp/,
    ],
  ];
  for (const [options, message] of cases) {
    const { result, flash: written } = await withChip(options, (port) => failure(bin, { port }));
    assert.ok(result instanceof CannotFlash);
    assert.match(result.message, message);
    assert.ok(erased(written));
  }
});

test("a board that is unplugged meanwhile is told at once, exit code 1", async () => {
  // Bytes that cannot be compressed: several blocks.
  const bytes = Buffer.concat([unsealedFirmware(C3), randomBytes(100_000)]);
  seal(bytes);
  const path = file("large.bin", bytes);
  const { result } = await withChip({ unplugAfter: 2 }, (port) => flash([path, "--port", port, "--json"]));
  const { status, stdout, stderr } = result;
  assert.equal(status, 1);
  assert.match(stderr, /\/dev\/pts\/\d+ is gone: was the board unplugged\?, after \d+ bytes; flash the board again/);
  assert.equal(JSON.parse(stdout).ok, false);
});

test("flash that does not hold what was written is told", async () => {
  const { result } = await withChip({ spoil: true }, (port) => failure(bin, { port }));
  assert.ok(result instanceof FlashFailed);
  assert.match(result.message, /MD5 of file does not match data in flash!/);
});

test("a port that is not there, is in use, is not ours, or has nobody who answers: nothing is written, and what helps is told", async () => {
  const nowhere = await failure(bin, { port: join(folder, "ttyNONE") });
  assert.ok(nowhere instanceof CannotFlash);
  assert.match(nowhere.message, /there is no .*ttyNONE: is the board plugged in\?/);

  const pty = openPty();
  const other = new SerialPort({ path: pty.path, baudRate: 115200 });
  await new Promise((resolve) => other.once("open", resolve));
  const busy = await failure(bin, { port: pty.path });
  assert.ok(busy instanceof CannotFlash);
  assert.match(busy.message, /is in use by another program: close that/);
  await new Promise((resolve) => other.close(resolve));

  // Root may open everything: as somebody else, then.
  chmodSync(folder, 0o755);
  chmodSync(pty.path, 0);
  const root = process.geteuid!() === 0;
  if (root) process.seteuid!(NOBODY);
  const foreign = await failure(bin, { port: pty.path });
  if (root) process.seteuid!(0);
  chmodSync(pty.path, 0o600);
  assert.ok(foreign instanceof CannotFlash);
  assert.match(foreign.message, /no permission for .*: add yourself to its group/);

  const silent = await failure(bin, { port: pty.path });
  pty.end.destroy();
  assert.ok(silent instanceof CannotFlash);
  assert.match(silent.message, /nothing on .* answers as a boot ROM: hold the board's BOOT button/);
});

/** A PATH on which `udevadm` lists these devices: name, vendor, product. */
function devices(...list: [string, string, string][]): string {
  const path = mkdtempSync(join(folder, "path-"));
  const text = list.map(
    ([name, vendor, product]) =>
      `P: /x\nN: ${name}\nE: DEVNAME=/dev/${name}\nE: ID_VENDOR_ID=${vendor}\nE: ID_MODEL_ID=${product}\n`,
  );
  writeFileSync(join(path, "udevadm"), `#!/bin/sh\nprintf '%s' '${text.join("\n")}'\n`);
  chmodSync(join(path, "udevadm"), 0o755);
  return path;
}

test("without --port the one board is found; none and several are told", async () => {
  const cases: [string, RegExp][] = [
    [devices(["ttyS0", "", ""]), /no serial port with a board: plug it in/],
    [
      devices(["ttyUSB70", "10c4", "ea60"], ["ttyUSB71", "1a86", "7523"]),
      /--port \/dev\/ttyUSB70 or --port \/dev\/ttyUSB71/,
    ],
    [devices(["ttyUSB70", "10c4", "ea60"], ["ttyACM70", "303a", "1001"]), /there is no \/dev\/ttyACM70/],
    [folder, /udevadm is not installed \(Debian's udev\), which finds the board's port: name it with --port/],
  ];
  const { PATH } = process.env;
  for (const [path, message] of cases) {
    process.env.PATH = path;
    const error = await failure(bin);
    process.env.PATH = PATH;
    assert.ok(error instanceof CannotFlash);
    assert.match(error.message, message);
  }
});

test("ports are told apart by the chip behind them", () => {
  const own = { path: "/dev/ttyACM0", vendorId: "303a", productId: "1001" };
  const bridge = { path: "/dev/ttyUSB0", vendorId: "10C4", productId: "ea60" };
  const paths = (...ports: Parameters<typeof candidates>[0]) => candidates(ports).map(({ path }) => path);
  assert.deepEqual(paths({ path: "/dev/ttyS0" }, bridge), ["/dev/ttyUSB0"]);
  assert.deepEqual(paths(bridge, own), ["/dev/ttyACM0"]);
  assert.deepEqual(paths({ path: "/dev/ttyUSB1", vendorId: "dead", productId: "0001" }), []);
});

function drive(name: string, boardId: string): string {
  const path = mkdtempSync(join(folder, `${name}-`));
  writeFileSync(
    join(path, "INFO_UF2.TXT"),
    `UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: ${boardId}\r\n`,
  );
  return path;
}

const pico = uf2(sampleFirmware(PICO, 40_000), 0x10000000, PICO_FAMILY);
const picoFile = file("pico.uf2", pico);

test("a UF2 file is copied to the drive, byte for byte", async () => {
  const path = drive("pico", "RPI-RP2");
  const { status, stdout, stderr } = await flash([picoFile, "--drive", path, "--json"]);
  assert.deepEqual([status, stderr], [0, ""]);
  const done = { ok: true, board: PICO, image: "terminal", sha256: SAMPLE_HASH, to: path, bytes: pico.length };
  assert.deepEqual(JSON.parse(stdout), done);
  assert.deepEqual(readFileSync(join(path, "firmware.uf2")), pico);
});

test("files and options that do not go together are refused before anything is written", async () => {
  const path = drive("other", "RPI-RP2");
  const cases: [string, Where, RegExp][] = [
    [picoFile, { drive: drive("samd", "SAMD21") }, /the drive of a board SAMD21, the firmware is for RPI-RP2/],
    [picoFile, { drive: folder }, /is no drive of a board: it has no INFO_UF2\.TXT/],
    [picoFile, { port: "/dev/ttyUSB0" }, /board rp2040-w5500 is not flashed by --port/],
    [bin, { drive: path }, /board esp32c3-w5500 is not flashed by --drive/],
    [file("short.uf2", pico.subarray(0, pico.length - 512)), { drive: path }, /expected \d+: it is cut short/],
    [file("raw.bin", sampleFirmware(PICO)), { drive: path }, /is of the form bin, board rp2040-w5500 takes uf2/],
    [file("short.bin", direct.subarray(0, -1)), {}, /it is cut short/],
    [file("native.elf", sampleFirmware("native")), {}, /board native is not flashed/],
    [file("new.bin", sampleFirmware("toaster")), {}, /there is no board "toaster"/],
    [join(folder, "none.bin"), {}, /no such file/],
  ];
  const c3AsUf2 = file("wrong.uf2", uf2(sampleFirmware(C3), 0, PICO_FAMILY));
  cases.push([c3AsUf2, {}, /is of the form uf2, board esp32c3-w5500 takes bin or esp/]);
  const wrongFamily = file("esp32.uf2", uf2(sampleFirmware(PICO), 0, 0x1c5f21b0));
  cases.push([wrongFamily, {}, /UF2 family ESP32 .*but board rp2040-w5500 is Raspberry Pi RP2040/]);
  for (const [name, where, message] of cases) {
    const error = await failure(name, where);
    assert.ok(
      [BoardError, CannotFlash, FirmwareError].some((kind) => error instanceof kind),
      String(error),
    );
    assert.match(error.message, message);
  }
  const { status, stdout, stderr } = await flash([picoFile, "--drive", folder]);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^sixfold flash: .*is no drive of a board/);
});

test("the one drive is found among the mounted ones; none, others and several are told", () => {
  const [a, b, samd] = [drive("a", "RPI-RP2"), drive("b", "RPI-RP2"), drive("c", "SAMD21")];
  assert.equal(findDrive("RPI-RP2", undefined, [folder, samd, a]).path, a);
  assert.throws(
    () => findDrive("RPI-RP2", undefined, [folder]),
    /no drive .* is mounted; (hold the board's BOOTSEL|it is plugged in)/,
  );
  assert.throws(() => findDrive("RPI-RP2", undefined, [samd]), /is of SAMD21/);
  assert.throws(
    () => findDrive("RPI-RP2", undefined, [a, b]),
    /several boards RPI-RP2 are plugged in: --drive .*a-.* or --drive .*b-/,
  );
});

test("a drive that is full or goes away while it is written is told with how far it came", async () => {
  const full = drive("full", "RPI-RP2");
  symlinkSync("/dev/full", join(full, "firmware.uf2"));
  const error = await failure(picoFile, { drive: full });
  assert.ok(error instanceof FlashFailed);
  assert.match(error.message, /is full after 0 of \d+ bytes/);
  rmSync(join(full, "INFO_UF2.TXT"));
  assert.throws(
    () => copyToDrive({ path: full, boardId: "RPI-RP2" }, pico, () => {}),
    (error) =>
      error instanceof FlashFailed && /is gone after 0 of \d+ bytes: was the board unplugged\?/.test(error.message),
  );
});

test("what is told as written rises to the whole file, in whole blocks", () => {
  const told: number[] = [];
  copyToDrive({ path: drive("bar", "RPI-RP2"), boardId: "RPI-RP2" }, pico, (written) => told.push(written));
  assert.equal(told.at(-1), pico.length);
  for (const [i, written] of told.entries()) assert.ok(written % 512 === 0 && written > (told[i - 1] ?? 0));
});

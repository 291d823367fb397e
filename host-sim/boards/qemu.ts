/**
 * QEMU's riscv32 virt machine as an emulated board. Its clock is the simulation's (lockstep.ts): the board computes in no time, and
 * time passes when it waits. So a run depends on its inputs alone, however busy the host is, and costs a message a wait.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Emulator,
  EmulatorError,
  type EmulatorKind,
  type EmulatorOptions,
  type EmulatorSink,
} from "./emulator.js";
import type { Firmware } from "./firmware.js";
import { FrameSocket } from "./frame-socket.js";
import { carrierFrame, type Idle, LOCKSTEP_MAC, readIdle, timeFrame, typedFrame } from "./lockstep.js";
import { MissingTool } from "./tools.js";

const TOOL = { program: "qemu-system-riscv32", packages: ["qemu-system-misc"] };
/** The instructions of an ESP32-C3. */
const CPU = "rv32,a=off,f=off,d=off,h=off,s=off,u=off,pmp=off,mmu=off";
/** Of the machine's second flash. */
const FLASH_BYTES = 32 << 20;
const US_PER_MS = 1000;
/** A board that computes for so long of real time without waiting hangs. */
const PATIENCE_MS = 20_000;

export const qemu: EmulatorKind = {
  tool: TOOL,
  mac: (port) => Uint8Array.from([...LOCKSTEP_MAC, 0, 0, port + 1]),

  async start(firmware, options) {
    const machine = new Qemu(mkdtempSync(join(tmpdir(), "sixfold-qemu-")), options);
    try {
      await machine.start(firmware);
    } catch (error) {
      await machine.stop();
      throw error;
    }
    return machine;
  },
};

class Qemu implements Emulator {
  nowUs = 0;
  private readonly sink: EmulatorSink;
  private readonly sockets: FrameSocket[] = [];
  private child: ChildProcess | undefined;
  /** What the board said when it last waited; undefined per device that has not yet. */
  private idle: (Idle | undefined)[] = [];
  private deadlineUs = 0;
  /** Times that the board was told. */
  private times = 0;
  /** Something has arrived that the board has not seen. */
  private pending = true;
  /** Frames and lines that came out. */
  private said = 0;
  private consoleBytes = 0;
  private text = "";
  private failure: EmulatorError | undefined;
  private wake: () => void = () => {};

  constructor(
    private readonly folder: string,
    private readonly options: EmulatorOptions,
  ) {
    this.sink = options.sink;
  }

  async start(firmware: Firmware): Promise<void> {
    const args = ["-M", "virt", "-cpu", CPU, "-bios", "none", "-nographic", "-nodefaults", "-monitor", "none"];
    // A second flash would make -kernel the firmware's data: the machine starts at the first byte of its memory anyway.
    args.push(
      "-serial",
      "stdio",
      "-device",
      `loader,file=${firmware.file}`,
      "-global",
      "virtio-mmio.force-legacy=false",
    );
    args.push("-drive", `if=pflash,unit=1,format=raw,file=${this.flash()}`);
    for (const { number } of firmware.ports) {
      const path = join(this.folder, `port${number}`);
      this.sockets.push(await FrameSocket.listen(path, (frame) => this.heard(number, frame)));
      const mac = [...qemu.mac(number)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
      args.push("-netdev", `stream,id=n${number},server=off,addr.type=unix,addr.path=${path}`);
      args.push("-device", `virtio-net-device,netdev=n${number},mac=${mac}`);
    }
    const child = spawn(TOOL.program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "ENOENT" ? new MissingTool(TOOL.program, TOOL.packages) : error);
      });
    });
    let complaint = "";
    child.stderr?.on("data", (data) => {
      complaint += data;
    });
    child.stdout?.on("data", (data: Buffer) => this.wrote(data));
    child.once("exit", (code, signal) => {
      this.failure = new EmulatorError(
        `${TOOL.program} ended (${code ?? signal})${complaint ? `: ${complaint.trim()}` : ""}`,
      );
      this.wake();
    });
    // Frames that come before the board has its devices ready would be lost.
    this.idle = firmware.ports.map(() => undefined);
    await this.settle();
    for (const [port, up] of this.options.up.entries()) if (!up) this.carrier(port, false);
  }

  send(port: number, frame: Uint8Array): void {
    this.sockets[port]?.send(frame);
    this.pending = true;
  }

  carrier(port: number, up: boolean): void {
    this.sockets[port]?.send(carrierFrame(up));
    this.pending = true;
  }

  type(line: string): void {
    this.sockets[0]?.send(typedFrame(`${line}\n`));
    this.pending = true;
  }

  async run(untilUs: number): Promise<number> {
    for (;;) {
      if (!this.pending) {
        if (this.deadlineUs > untilUs) {
          this.nowUs = untilUs;
          return untilUs;
        }
        this.nowUs = Math.max(this.nowUs, this.deadlineUs);
      }
      const before = this.said;
      await this.step();
      if (this.said > before) return this.nowUs;
    }
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    for (const socket of this.sockets) socket.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Tells the board the time, and waits until it waits again. */
  private async step(): Promise<void> {
    this.pending = false;
    this.times++;
    this.idle = this.sockets.map(() => undefined);
    const ms = Math.floor(this.nowUs / US_PER_MS);
    for (const socket of this.sockets) socket.send(timeFrame(ms, this.options.entropy));
    await this.settle();
    const untilMs = Math.min(...this.idle.map((idle) => idle!.untilMs));
    this.deadlineUs = Math.max(untilMs, ms + 1) * US_PER_MS;
  }

  private async settle(): Promise<void> {
    const begin = Date.now();
    for (let all = this.settled(); !all; all = this.settled()) {
      if (this.failure) throw this.failure;
      const leftMs = begin + PATIENCE_MS - Date.now();
      if (leftMs <= 0) throw new EmulatorError(`the board hangs: it has not waited for ${PATIENCE_MS / 1000} s`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The board waits, and all that it has written until then is here. */
  private settled(): boolean {
    return this.idle.every((idle) => idle !== undefined && idle.consoleBytes <= this.consoleBytes);
  }

  private heard(port: number, frame: Buffer): void {
    const idle = readIdle(frame);
    if (idle) {
      if (idle.times === this.times) this.idle[port] = idle;
      if (this.settled()) this.wake();
      return;
    }
    this.said++;
    this.sink.frame(port, frame);
  }

  private wrote(data: Buffer): void {
    this.consoleBytes += data.length;
    const lines = (this.text + data.toString("latin1")).split("\n");
    this.text = lines.pop()!;
    this.said += lines.length;
    for (const line of lines) this.sink.line(line);
    if (this.settled()) this.wake();
  }

  private flash(): string {
    const { flash } = this.options;
    const whole = existsSync(flash);
    const fd = openSync(flash, "a");
    if (!whole) ftruncateSync(fd, FLASH_BYTES);
    closeSync(fd);
    return flash;
  }
}

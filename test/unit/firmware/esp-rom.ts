/**
 * A model of an ESP chip's boot ROM and of the flasher stub that esptool-js loads, as far as flashing needs them (Espressif,
 * "Serial Protocol"). Written here, so what it shows is self-tested: that our side and esptool-js agree with this reading of it.
 */
import { createHash } from "node:crypto";
import type { ReadStream } from "node:tty";
import { inflateSync } from "node:zlib";

const END = 0xc0;
const ESC = 0xdb;
const SYNC_ANSWERS = 8;
const DATA_HEADER = 16;

enum Op {
  FLASH_END = 0x04,
  MEM_BEGIN = 0x05,
  MEM_END = 0x06,
  MEM_DATA = 0x07,
  SYNC = 0x08,
  WRITE_REG = 0x09,
  READ_REG = 0x0a,
  SPI_ATTACH = 0x0d,
  CHANGE_BAUD = 0x0f,
  DEFLATE_BEGIN = 0x10,
  DEFLATE_DATA = 0x11,
  DEFLATE_END = 0x12,
  MD5 = 0x13,
  SECURITY_INFO = 0x14,
}

/** Word 3 of eFuse block 1, which has the revision of an ESP32-C3 from bit 18 on. */
const EFUSE_WORD3 = 0x60008800 + 0x44 + 12;
const SPI_W0 = 0x60002058;
const FLASH_ID = 0x1640ef;

export interface EspRomOptions {
  /** 5: an ESP32-C3. */
  chipId?: number;
  revision?: number;
  /** Pulls the plug after so many blocks of the firmware. */
  unplugAfter?: number;
  unplug?: () => void;
  /** Turns a bit of the flash over, as a worn cell does. */
  spoil?: boolean;
}

export class EspRom {
  readonly flash = Buffer.alloc(4 << 20, 0xff);
  private packet: number[] | undefined;
  private escaped = false;
  private stub = false;
  private blocks = 0;
  private download: { address: number; parts: Buffer[] } | undefined;

  constructor(
    private readonly line: ReadStream,
    private readonly options: EspRomOptions = {},
  ) {
    line.on("data", (bytes: Buffer) => {
      for (const byte of bytes) this.heard(byte);
    });
  }

  private heard(byte: number): void {
    if (byte === END) {
      if (this.packet && this.packet.length > 0) {
        this.command(Buffer.from(this.packet));
        this.packet = undefined;
      } else this.packet = [];
      return;
    }
    if (!this.packet) return;
    if (this.escaped) this.packet.push(byte === 0xdc ? END : ESC);
    else if (byte !== ESC) this.packet.push(byte);
    this.escaped = !this.escaped && byte === ESC;
  }

  private say(bytes: Buffer): void {
    const escaped = [...bytes].flatMap((byte) => (byte === END ? [ESC, 0xdc] : byte === ESC ? [ESC, 0xdd] : [byte]));
    // The other side of a line may have hung up.
    (this.line as unknown as NodeJS.WritableStream).write(Buffer.from([END, ...escaped, END]));
  }

  private answer(op: Op, value = 0, data: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(8);
    const status = Buffer.alloc(this.stub ? 2 : 4);
    head[0] = 1;
    head[1] = op;
    head.writeUInt16LE(data.length + status.length, 2);
    head.writeUInt32LE(value >>> 0, 4);
    this.say(Buffer.concat([head, data, status]));
  }

  private command(packet: Buffer): void {
    const op = packet[1] as Op;
    const data = packet.subarray(8);
    switch (op) {
      case Op.SYNC:
        for (let i = 0; i < SYNC_ANSWERS; i++) this.answer(op);
        return;
      case Op.SECURITY_INFO: {
        const info = Buffer.alloc(20);
        info.writeUInt32LE(this.options.chipId ?? 5, 12);
        this.answer(op, 0, info);
        return;
      }
      case Op.READ_REG:
        this.answer(op, this.register(data.readUInt32LE(0)));
        return;
      case Op.MEM_END:
        this.answer(op);
        if (data.readUInt32LE(4) !== 0) {
          this.stub = true;
          this.say(Buffer.from("OHAI"));
        }
        return;
      case Op.DEFLATE_BEGIN:
        this.download = { address: data.readUInt32LE(12), parts: [] };
        this.answer(op);
        return;
      case Op.DEFLATE_DATA:
        this.download!.parts.push(Buffer.from(data.subarray(DATA_HEADER, DATA_HEADER + data.readUInt32LE(0))));
        this.blocks++;
        this.answer(op);
        if (this.blocks === this.options.unplugAfter) this.options.unplug?.();
        return;
      case Op.DEFLATE_END:
        this.program();
        this.answer(op);
        return;
      case Op.MD5: {
        this.program();
        const from = data.readUInt32LE(0);
        const digest = createHash("md5").update(this.flash.subarray(from, from + data.readUInt32LE(4)));
        this.answer(op, 0, digest.digest());
        return;
      }
      case Op.MEM_BEGIN:
      case Op.MEM_DATA:
      case Op.WRITE_REG:
      case Op.SPI_ATTACH:
      case Op.CHANGE_BAUD:
      case Op.FLASH_END:
        this.answer(op);
        return;
      default:
        throw new Error(`the model has no command ${packet[1]}`);
    }
  }

  private register(address: number): number {
    if (address === EFUSE_WORD3) return (this.options.revision ?? 3) << 18;
    return address === SPI_W0 ? FLASH_ID : 0;
  }

  private program(): void {
    if (!this.download) return;
    const { address, parts } = this.download;
    this.download = undefined;
    inflateSync(Buffer.concat(parts)).copy(this.flash, address);
    if (this.options.spoil) this.flash[address] ^= 1;
  }
}

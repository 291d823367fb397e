/** One end of QEMU's `-netdev stream`: frames with a 4-byte big-endian length over a Unix socket, on which QEMU calls. */
import { createServer, type Server, type Socket } from "node:net";

/** A longer frame is none: the stream has lost its rhythm. */
const FRAME_MAX = 65536;

export class FrameSocket {
  private socket: Socket | undefined;
  private waiting: Buffer[] = [];
  private rest: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly server: Server,
    private readonly onFrame: (frame: Buffer) => void,
  ) {
    server.on("connection", (socket) => this.connected(socket));
  }

  static async listen(path: string, onFrame: (frame: Buffer) => void): Promise<FrameSocket> {
    const server = createServer();
    const frames = new FrameSocket(server, onFrame);
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    return frames;
  }

  /** What is sent before QEMU has called waits for it. */
  send(frame: Uint8Array): void {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(frame.length);
    const whole = Buffer.concat([head, frame]);
    if (this.socket) this.socket.write(whole);
    else this.waiting.push(whole);
  }

  close(): void {
    this.socket?.destroy();
    this.server.close();
  }

  private connected(socket: Socket): void {
    this.socket = socket;
    socket.on("data", (data) => this.take(data));
    socket.on("error", () => {}); // QEMU ends first: its exit tells
    for (const whole of this.waiting.splice(0)) socket.write(whole);
  }

  private take(data: Buffer): void {
    this.rest = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    let at = 0;
    while (this.rest.length - at >= 4) {
      const length = this.rest.readUInt32BE(at);
      if (length > FRAME_MAX) throw new Error(`QEMU sent a frame of ${length} bytes`);
      if (this.rest.length - at - 4 < length) break;
      this.onFrame(this.rest.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.rest = this.rest.subarray(at);
  }
}

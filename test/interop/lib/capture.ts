import type { Namespace } from "./netns.js";
import { type Background, pause } from "./process.js";

/** A packet capture of one device, as a pcap file. */
export class Capture {
  private constructor(
    readonly file: string,
    readonly process: Background,
  ) {}

  /** Answers when the capture has really begun. `snapLength`: bytes kept of each frame; `frames`: how many; 0 = all. */
  static async start(
    ns: Namespace,
    device: string,
    file: string,
    filter = "",
    snapLength = 0,
    frames = 0,
  ): Promise<Capture> {
    const process = ns.start([
      "tcpdump",
      ...["-i", device, "-w", file, "-U", "--immediate-mode", "-n", "-Z", "root", "-B", "8192", "-s", `${snapLength}`],
      ...(frames > 0 ? ["-c", `${frames}`] : []),
      ...(filter ? [filter] : []),
    ]);
    await process.line(/listening on/, 5000);
    return new Capture(file, process);
  }

  /** Ends the capture; the file is complete when this answers. */
  async stop(): Promise<string> {
    // Frames that the kernel has already seen reach tcpdump's ring a moment later.
    await pause(150);
    await this.process.stop("SIGINT");
    return this.file;
  }
}

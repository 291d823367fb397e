import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/**
 * A program that is measured: native/bench.c around an image or a peer, or v8-program.ts. It compares the outputs of all
 * cases, says `ready`, and serves rounds: `<index of the size> <packets>` is answered by nanoseconds.
 */
export class Program {
  private complaint = "";

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    private readonly reader: Interface,
    private readonly what: string,
  ) {
    child.stderr.on("data", (text) => {
      this.complaint += text;
    });
  }

  /** @param what names it in errors */
  static async start(command: string, args: string[], what: string): Promise<Program> {
    const child = spawn(command, args);
    const reader = createInterface({ input: child.stdout });
    const program = new Program(child, reader[Symbol.asyncIterator](), reader, what);
    const { value } = await program.lines.next();
    if (value === "ready") return program;
    program.stop();
    throw program.ended();
  }

  /** Nanoseconds for `packets` packets of the size with that index. */
  async measure(index: number, packets: number): Promise<number> {
    this.child.stdin.write(`${index} ${packets}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw this.ended();
    return Number(value);
  }

  private ended(): Error {
    return new Error(`${this.what}: ${this.complaint.trim() || "ended without a word"}`);
  }

  stop(): void {
    this.child.stdin.end();
    this.reader.close();
  }
}

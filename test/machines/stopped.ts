import { steps } from "./transcript.js";

/** A machine stopped before the end of the tape: the image trapped, a word was not aligned, the machine hung. */
export class MachineStopped extends Error {
  override name = "MachineStopped";

  /** @param transcript what had been written until then: the steps that were done, and what the last one had given */
  constructor(
    machine: string,
    readonly reason: string,
    readonly transcript: Buffer,
  ) {
    super(`${machine} stopped, ${wholeSteps(transcript)} steps were done: ${reason}`);
  }
}

function wholeSteps(transcript: Buffer): number {
  try {
    return steps(transcript).length;
  } catch {
    return 0;
  }
}

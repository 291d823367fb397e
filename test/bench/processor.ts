import { readFileSync } from "node:fs";

/**
 * Nanoseconds of the processor that the main thread has had (Linux, `sched-stats`). Wall time on an idle machine would be the same;
 * on a busy one this leaves out the others, and the engine's own helper threads.
 */
export function processorTime(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]);
}

/**
 * What happens next, in a total order: by time, then by node, then by the order of scheduling. So a run does not depend on anything
 * but its inputs.
 */
export abstract class Task {
  /** Virtual microseconds. Set by the queue, like the next two. */
  timeUs = 0;
  node = 0;
  serial = 0;

  abstract run(): void;
}

/** A task that is a function, for what happens rarely. */
export class Call extends Task {
  constructor(private readonly action: () => void) {
    super();
  }

  run(): void {
    this.action();
  }
}

/** A binary heap. A task is in it at most once. */
export class Queue {
  /** Virtual microseconds: the time of the task that ran last. */
  nowUs = 0;
  /** Tasks that have run. */
  count = 0;
  private readonly heap: Task[] = [];
  private serial = 0;

  get length(): number {
    return this.heap.length;
  }

  /** When the next task is due; Infinity = there is none. */
  get nextUs(): number {
    return this.heap.length > 0 ? this.heap[0].timeUs : Number.POSITIVE_INFINITY;
  }

  /** `node`: its number; -1 for what belongs to none and goes first. Throws `RangeError` for a time that has passed. */
  schedule(task: Task, timeUs: number, node: number): void {
    if (!(timeUs >= this.nowUs)) throw new RangeError(`${timeUs} µs has passed: it is ${this.nowUs} µs`);
    task.timeUs = timeUs;
    task.node = node;
    task.serial = this.serial++;
    this.rise(task, this.heap.length);
  }

  /** Runs everything up to and including `untilUs`; then it is `untilUs`. */
  runUntil(untilUs: number): void {
    const { heap } = this;
    while (heap.length > 0 && heap[0].timeUs <= untilUs) {
      const task = this.take();
      this.nowUs = task.timeUs;
      this.count++;
      task.run();
    }
    this.nowUs = untilUs;
  }

  private take(): Task {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop()!;
    if (heap.length > 0) this.sink(last);
    return first;
  }

  private rise(task: Task, from: number): void {
    const { heap } = this;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(task, heap[up])) break;
      heap[at] = heap[up];
      at = up;
    }
    heap[at] = task;
  }

  /** From the top: the hole goes down to a leaf, then the task rises from there; it mostly stays low. */
  private sink(task: Task): void {
    const { heap } = this;
    const { length } = heap;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && before(heap[child + 1], heap[child])) child++;
      heap[at] = heap[child];
      at = child;
    }
    this.rise(task, at);
  }
}

function before(a: Task, b: Task): boolean {
  if (a.timeUs !== b.timeUs) return a.timeUs < b.timeUs;
  if (a.node !== b.node) return a.node < b.node;
  return a.serial < b.serial;
}

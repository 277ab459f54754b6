import type { Clock } from "../seams/index.ts";

interface Entry {
  readonly at: number;
  readonly seq: number;
  readonly work: () => void;
  cancelled: boolean;
}

/** Time that passes only when it is told to: a queue of what is due, in order of time and then of asking. */
export class VirtualTime {
  #now = 0;
  #seq = 0;
  readonly #heap: Entry[] = [];

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Calls `work` in `ms`. What it answers takes that back. */
  in(ms: number, work: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, ms), seq: this.#seq++, work, cancelled: false };
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    return () => {
      entry.cancelled = true;
    };
  }

  /** Goes to the next thing that is due and does it. False when nothing is left. */
  step(): boolean {
    for (;;) {
      const entry = this.#pop();
      if (entry === undefined) return false;
      if (entry.cancelled) continue;
      this.#now = Math.max(this.#now, entry.at);
      entry.work();
      return true;
    }
  }

  /** When the next thing is due; undefined when nothing is left. */
  get next(): number | undefined {
    while (this.#heap[0]?.cancelled === true) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Goes to a later time and does nothing of what falls due until then: `step` does it afterwards, late. */
  skipTo(at: number): void {
    this.#now = Math.max(this.#now, at);
  }

  /** Does everything that falls due in `ms`, and lets whoever waits for it go on before the next. */
  async advance(ms: number): Promise<void> {
    let reached = false;
    this.in(ms, () => {
      reached = true;
    });
    while (!reached && this.step()) await settled();
  }

  #pop(): Entry | undefined {
    const [top] = this.#heap;
    const last = this.#heap.pop();
    if (top !== last && last !== undefined) {
      this.#heap[0] = last;
      this.#down();
    }
    return top;
  }

  #up(from: number): void {
    const heap = this.#heap;
    for (let i = from; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#before(i, parent)) return;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  #down(): void {
    const heap = this.#heap;
    for (let i = 0; ;) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && this.#before(child, first)) first = child;
      }
      if (first === i) return;
      [heap[i], heap[first]] = [heap[first]!, heap[i]!];
      i = first;
    }
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a]!, this.#heap[b]!];
    return one.at < other.at || (one.at === other.at && one.seq < other.seq);
  }
}

/** Resolves when every promise that can go on without time passing has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A clock on virtual time. `timer` is the only primitive: replace it to freeze one process and not the others. */
export function virtualClock(
  time: VirtualTime,
  options: { timer?: Clock["timer"]; date?: () => Date } = {},
): Clock {
  const timer = options.timer ?? ((ms, work) => time.in(ms, work));
  return {
    now: () => time.now,
    date: options.date ?? (() => new Date(time.now)),
    timer,
    soon: (work) => void timer(0, work),
    sleep(ms, signal) {
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const end = () => {
          cancel();
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const cancel = timer(ms, end);
        signal?.addEventListener("abort", end, { once: true });
      });
    },
  };
}

import type { AgentEvent, AnyTask, RunOptions, RunSummary, TaskContext } from "../src/index.ts";
import { defineAgent, task } from "../src/index.ts";
import { KEY, type FakePlane } from "./fake-plane/server.ts";

/** A running agent; it is drained when the plane is disposed of. */
class Running {
  readonly events: AgentEvent[] = [];
  readonly done: Promise<RunSummary>;
  readonly #stop = new AbortController();

  constructor(
    plane: FakePlane,
    tasks: AnyTask[],
    options: Partial<RunOptions> & { concurrency?: number } = {},
  ) {
    const { concurrency = 1, ...rest } = options;
    this.done = defineAgent({ tasks, concurrency }).run({
      url: plane.url,
      key: KEY,
      signal: this.#stop.signal,
      drainSeconds: 1,
      abortSeconds: 0.2,
      // The shortest waits that the jitter allows.
      random: () => 0,
      onEvent: (event) => {
        this.events.push(event);
        plane.changed();
      },
      ...rest,
    });
    this.done.catch(() => {});
    plane.beforeClose(() => this.stop().catch(() => {}));
  }

  stop(): Promise<RunSummary> {
    this.#stop.abort();
    return this.done;
  }
}

export function start(...args: ConstructorParameters<typeof Running>): Running {
  return new Running(...args);
}

/** A task that takes and gives anything. */
export function anyTask(
  run: (ctx: TaskContext, input: Record<string, unknown>) => unknown,
): AnyTask {
  return task("test.task").run(async (ctx, input) => (await run(ctx, input)) ?? null);
}

/** Never ends by itself: rejects with the reason when the signal fires. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

import { Worker } from "node:worker_threads";
import type { Scene } from "@nofx/core/gates/conditions";
import type { Clock } from "@nofx/core/seams";
import type { Ask, ConditionJob, Evaluated, Told } from "./protocol.ts";

/** What one condition may take of a processor; for each thousand steps where it is asked about steps. */
const DEADLINE_MS = 50;
const STEPS_A_DEADLINE = 1_000;
/** On a machine that is busy a thread waits for its turn: the clock on the wall is given so many times as long. */
const PATIENCE = 20;
/** All conditions of a plan together, on the wall: what was not reached by then was not evaluated. */
const BATCH_MS = 10_000;
const WATCH_MS = 10;

/** How the failure of a condition begins that was given up. */
export const TOOK_LONGER = "took longer than";

export interface Evaluator {
  /** Evaluates all jobs; answers in their order. Never throws, never takes longer than the limits above. */
  evaluate(jobs: readonly ConditionJob[], scene: Scene): Promise<Evaluated[]>;
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  /** Index of the job under way, or -1. */
  readonly current: Int32Array;
  readonly startedAt: Float64Array;
}

interface Batch {
  readonly id: number;
  readonly jobs: readonly ConditionJob[];
  readonly scene: Scene;
  readonly evaluated: Evaluated[];
  readonly done: (evaluated: Evaluated[]) => void;
}

/**
 * One warm thread for conditions, one batch at a time. CEL limits size, not time: three nested loops over a list hold a
 * thread for seconds. So a watch looks every 10 ms what the thread is at; a condition past its deadline is given up, and
 * with it the thread, which cannot be stopped in another way. A new one goes on with the next condition.
 */
export function createEvaluator(clock: Clock): Evaluator {
  let thread: Thread | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let batches = 0;

  function startThread(): Thread {
    const progress = new SharedArrayBuffer(16);
    const current = new Int32Array(progress, 0, 1);
    current[0] = -1;
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData: { progress },
    });
    worker.unref();
    return { worker, current, startedAt: new Float64Array(progress, 8, 1) };
  }

  function dropThread(): void {
    const dropped = thread;
    thread = undefined;
    dropped?.worker.removeAllListeners();
    dropped?.worker.on("error", () => {});
    void dropped?.worker.terminate();
  }

  function run(batch: Batch): void {
    const until = clock.now() + BATCH_MS;
    let watched = { index: -1, since: clock.now() };
    let stop = () => {};

    const finish = () => {
      stop();
      thread?.worker.removeAllListeners();
      thread?.worker.on("error", dropThread);
      thread?.worker.unref();
      batch.done(batch.evaluated);
    };

    const giveUpAll = (why: string) => {
      while (batch.evaluated.length < batch.jobs.length) batch.evaluated.push({ failed: why });
      dropThread();
      finish();
    };

    const begin = () => {
      thread ??= startThread();
      const { worker } = thread;
      worker.ref();
      worker.removeAllListeners();
      worker.on("message", (told: Told) => {
        if (told.batch !== batch.id) return;
        batch.evaluated[told.index] = told.evaluated;
        if (batch.evaluated.length === batch.jobs.length) finish();
      });
      worker.on("error", () => next("the evaluator failed"));
      const { id, jobs, scene, evaluated } = batch;
      watched = { index: -1, since: clock.now() };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage({ batch: id, from: evaluated.length, jobs, scene } satisfies Ask);
    };

    /** The job under way is given up; a new thread goes on behind it. */
    const next = (why: string) => {
      dropThread();
      batch.evaluated.push({ failed: why });
      if (batch.evaluated.length === batch.jobs.length) finish();
      else begin();
    };

    const watch = async () => {
      const running = thread;
      if (clock.now() > until) return giveUpAll(`not reached within ${BATCH_MS / 1_000} s`);
      if (running !== undefined && (await isOverdue(running))) {
        if (running !== thread || batch.evaluated.length === batch.jobs.length) return;
        next(`${TOOK_LONGER} ${allowed(batch, watched.index)} ms`);
      }
      if (batch.evaluated.length < batch.jobs.length)
        stop = clock.timer(WATCH_MS, () => void watch());
    };

    const isOverdue = async ({ worker, current, startedAt }: Thread): Promise<boolean> => {
      const index = Atomics.load(current, 0);
      if (index !== watched.index) watched = { index, since: clock.now() };
      if (index < 0) return false;
      // its predecessor's answer is still on its way
      if (index > batch.evaluated.length) return false;
      const limit = allowed(batch, index);
      const wall = clock.now() - watched.since;
      if (wall < limit) return false;
      if (wall > limit * PATIENCE) return true;
      const used = await worker.cpuUsage().catch(() => undefined);
      if (used === undefined || Atomics.load(current, 0) !== index) return false;
      return (used.user + used.system) / 1_000 - (startedAt[0] ?? 0) >= limit;
    };

    try {
      begin();
      stop = clock.timer(WATCH_MS, () => void watch());
    } catch {
      giveUpAll("no thread could be started");
    }
  }

  return {
    evaluate(jobs, scene) {
      if (jobs.length === 0) return Promise.resolve([]);
      const turn = last.then(
        () =>
          new Promise<Evaluated[]>((done) => {
            run({ id: ++batches, jobs, scene, evaluated: [], done });
          }),
      );
      last = turn;
      return turn;
    },
    async close() {
      await last;
      dropThread();
    },
  };
}

function allowed({ jobs, scene }: Batch, index: number): number {
  if (jobs[index]?.scope !== "step") return DEADLINE_MS;
  return DEADLINE_MS * Math.max(1, Math.ceil(scene.steps.length / STEPS_A_DEADLINE));
}

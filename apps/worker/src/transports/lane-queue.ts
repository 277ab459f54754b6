import { Queue, Worker, type Job } from "bullmq";
import type { Redis } from "ioredis";

const PREFIX = "nofx";
/** A worker that died between taking a hint and dropping it keeps it for so long. */
const TAKEN_MS = 1_000;

/** A hint: this step, as it is now, may be claimable. Another epoch is another hint. */
export interface Hint {
  readonly id: string;
  readonly stepId: string;
  /** Lower goes first; equal ones in the order of their adding. */
  readonly rank: number;
}

export const hintId = (stepId: string, epoch: number): string => `${stepId}_${epoch}`;

/** The dispatcher's end of a lane. */
export function openLaneQueue(name: string, redis: Redis, onError: (error: unknown) => void) {
  const queue = new Queue<{ step: string }>(name, {
    connection: redis,
    prefix: PREFIX,
    streams: { events: { maxLen: 100 } },
  });
  queue.on("error", onError);
  return {
    /** Ids of the hints that nobody has taken. */
    waiting: async (): Promise<string[]> => queue.getRanges(["waiting", "prioritized"], 0, -1),
    count: (): Promise<number> => redis.zcard(queue.keys["prioritized"] ?? ""),
    add: async (hints: readonly Hint[]): Promise<void> => {
      await queue.addBulk(
        hints.map(({ id, stepId, rank }) => ({
          name: "step",
          data: { step: stepId },
          opts: { jobId: id, priority: rank, removeOnComplete: true, removeOnFail: true },
        })),
      );
    },
    /** One that was taken meanwhile stays taken. */
    move: async (hints: readonly { id: string; rank: number }[]): Promise<void> => {
      await Promise.allSettled(
        hints.map(({ id, rank }) => queue.getBackend().changePriority(id, rank, false)),
      );
    },
    drop: async (ids: readonly string[]): Promise<void> => {
      await Promise.allSettled(ids.map((id) => queue.remove(id)));
    },
    clear: () => queue.drain(),
    close: () => queue.close(),
  };
}
export type LaneQueue = ReturnType<typeof openLaneQueue>;

/** A worker's end of a lane. */
export function openLaneTaker(name: string, redis: Redis, onError: (error: unknown) => void) {
  const worker = new Worker<{ step: string }, number>(name, undefined, {
    connection: redis,
    prefix: PREFIX,
    autorun: false,
    lockDuration: TAKEN_MS,
    stalledInterval: TAKEN_MS,
    maxStalledCount: 1_000,
  });
  worker.on("error", onError);
  worker.startStalledCheckTimer().catch(onError);
  let taken = 0;
  const next = async (): Promise<string | undefined> => {
    const token = `${worker.id}:${(taken += 1)}`;
    const job = (await worker.getNextJob(token, { block: false })) as
      | Job<{ step: string }, number>
      | undefined;
    // dropped at once: from here on it is Postgres that knows of the step
    job?.moveToCompleted(0, token, false).catch(() => {});
    return job?.data.step;
  };
  return {
    /** Takes up to `want` hints out of Redis: their steps, the first ones first. */
    async take(want: number): Promise<string[]> {
      // each take is a script: as many as there is something for
      const [ranked, stalled] = await Promise.all([
        redis.zcard(worker.keys["prioritized"] ?? ""),
        redis.llen(worker.keys["wait"] ?? ""),
      ]);
      const length = Math.min(want, ranked + stalled);
      const taken = await Promise.all(Array.from({ length }, next));
      return [...new Set(taken.filter((id) => id !== undefined))];
    },
    close: () => worker.close(true),
  };
}
export type LaneTaker = ReturnType<typeof openLaneTaker>;

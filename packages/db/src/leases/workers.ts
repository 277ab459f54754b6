import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

export interface WorkerIntroduction {
  readonly host: string;
  readonly pid: number;
  /** Of its code. */
  readonly version: string;
  /** What it has code for, as kind@version. */
  readonly handlers: readonly string[];
  readonly concurrency: number;
  /** The local stack's supervisor started it. */
  readonly local: boolean;
}

export interface WorkerBeat {
  readonly inFlight: number;
  readonly free: number;
  /** Counted from the start of its process. */
  readonly claimed: number;
  readonly settled: number;
  /** It claims nothing more: its process was told to end. */
  readonly stopping: boolean;
}

const Greeting = z.object({
  /** Whether people want the name drained. */
  drain: z.boolean(),
  /** How many workers were heard of lately, this one among them. */
  workers: z.int(),
  /** How many of them come before this one, by name. */
  rank: z.int(),
});
export type Greeting = z.infer<typeof Greeting>;
const BeatAnswer = Greeting.extend({ known: z.boolean() });
export type BeatAnswer = z.infer<typeof BeatAnswer>;

/** A process takes up work under this name. */
export async function workerHello(
  db: EngineDb,
  worker: string,
  who: WorkerIntroduction,
): Promise<Greeting> {
  return Greeting.parse(
    await callOne(
      db,
      sql`select engine.worker_hello(${worker}, ${who.host}, ${who.pid}, ${who.version},
        ${[...who.handlers]}::text[], ${who.concurrency}, ${who.local}) as value`,
    ),
  );
}

export async function workerBeat(
  db: EngineDb,
  worker: string,
  beat: WorkerBeat,
): Promise<BeatAnswer> {
  return BeatAnswer.parse(
    await callOne(
      db,
      sql`select engine.worker_beat(${worker}, ${beat.inFlight}, ${beat.free}, ${beat.claimed},
        ${beat.settled}, ${beat.stopping}) as value`,
    ),
  );
}

export async function workerBye(db: EngineDb, worker: string, pid: number): Promise<void> {
  await callOne(db, sql`select engine.worker_bye(${worker}, ${pid}) as value`);
}

/** Clears away old heartbeats, and workers that nobody has heard of for a week. */
export async function pruneWorkers(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.prune_workers(${limit}) as value`));
}

/** Fails claimable steps that no worker has had code for, for that long; answers how many. */
export async function endStranded(db: EngineDb, seconds: number, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.end_stranded(${seconds}, ${limit}) as value`));
}

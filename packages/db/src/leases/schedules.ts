import { MissedPolicy } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const DueSchedule = z.object({
  id: z.string(),
  version: z.number(),
  cron: z.string().nullable(),
  time_zone: z.string(),
  every_seconds: z.number().nullable(),
  anchor_at: instant,
  missed: MissedPolicy,
  catch_up: z.number(),
  next_at: instant,
});
/** A schedule that is due. Instants are milliseconds since 1970. */
export type DueSchedule = z.infer<typeof DueSchedule>;

const DueSchedules = z.object({
  /** The database's time, by which they are due. */
  clock: instant,
  schedules: z.array(DueSchedule),
  /** When the next one is, of those that are not. */
  next_at: instant.nullable(),
});
export type DueSchedules = z.infer<typeof DueSchedules>;

/** One decision about a schedule; see engine.fire_schedules. */
export interface FiringDraft {
  readonly schedule_id: string;
  readonly version: number;
  readonly occurrence: string;
  readonly outcome: "fire" | "missed";
  readonly occurrences: number;
  readonly through: string | null;
  readonly next_at: string | null;
}

const FiredSchedules = z.object({
  firings: z.array(
    z.object({
      schedule_id: z.string(),
      occurrence: instant,
      outcome: z.enum(["fired", "skipped_overlap", "missed", "failed", "refused", "stale"]),
      run_id: z.string().nullable(),
      error: z.string().nullable(),
    }),
  ),
  for_workers: z.number(),
  for_agents: z.number(),
});
export type FiredSchedules = z.infer<typeof FiredSchedules>;

/** Those that are due, without `skip`. `now` is for simulations: otherwise the database's clock decides what is due. */
export async function dueSchedules(
  db: EngineDb,
  limit: number,
  skip: readonly string[],
  now: string | null,
): Promise<DueSchedules> {
  return DueSchedules.parse(
    await callOne(
      db,
      sql`select engine.due_schedules(${limit}, ${skip}::uuid[], ${now}::timestamptz) as value`,
    ),
  );
}

/** Carries out what the leader of a term decided; refused when the term is over. */
export async function fireSchedules(
  db: EngineDb,
  term: number,
  firings: readonly FiringDraft[],
  versions: Readonly<Record<string, number>>,
  now: string | null,
): Promise<FiredSchedules> {
  return FiredSchedules.parse(
    await callOne(
      db,
      sql`select engine.fire_schedules(${term}, ${JSON.stringify(firings)}::jsonb, ${JSON.stringify(versions)}::jsonb,
        ${now}::timestamptz) as value`,
    ),
  );
}

export async function pruneFirings(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.prune_firings(${limit}) as value`));
}

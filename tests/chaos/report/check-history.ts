import type { ExecutePlanResult } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import type { ChaosDatabase } from "../database.ts";
import type { History } from "../workload/history.ts";

export interface Enqueues {
  readonly acknowledged: number;
  /** Acknowledged and not there. */
  readonly lost: string[];
  /** Packs with several plans and plans with several runs, although each was asked for one. */
  readonly doubled: string[];
  /** Runs that nobody asked for. */
  readonly invented: number;
}

/** Compares what clients were told with what is there. */
export async function checkHistory(database: ChaosDatabase, history: History): Promise<Enqueues> {
  const told = history
    .acknowledged("plans.execute")
    .map(({ answer }) => toUuid("run", (answer as ExecutePlanResult).runId));
  const runs = await database.ask<{ id: string; plan_id: string }>(
    "select id, plan_id from runs where forked_from is null and redrive_of is null",
  );
  const there = new Set(runs.map(({ id }) => id));
  const packs = await database.ask<{ pack: string }>("select pack_id as pack from plans");
  const asked = history.calls.filter(({ what }) => what === "plans.execute").length;
  return {
    acknowledged: told.length,
    lost: told.filter((id) => !there.has(id)),
    doubled: [
      ...repeated(told),
      ...repeated(runs.map(({ plan_id }) => plan_id)),
      ...repeated(packs.map(({ pack }) => pack)),
    ],
    invented: Math.max(0, runs.length - asked),
  };
}

const repeated = (ids: readonly string[]): string[] => [
  ...new Set(ids.filter((id, i) => ids.indexOf(id) !== i)),
];

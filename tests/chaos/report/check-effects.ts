import { toId } from "@nofx/core/vocabulary";
import type { ChaosDatabase } from "../database.ts";
import type { Sink } from "../workload/sink.ts";

export interface Effects {
  /** Steps that succeeded without the effect of the claim that succeeded. */
  readonly missing: { id: string; name: string; kind: string; epoch: number; seen: number[] }[];
  /** Keys in the sink that belong to no step. */
  readonly invented: string[];
  /** Keys of steps that succeeded; a step that runs again in a forked run has the key of the first. */
  readonly succeeded: number;
  readonly uniqueKeys: number;
  readonly calls: number;
  /** Effects of a lower epoch that came after those of a higher one: a zombie at work, allowed on the outside. */
  readonly late: number;
}

/** Compares what the engine says was done with what the outside world saw. */
export async function checkEffects(database: ChaosDatabase, sink: Sink): Promise<Effects> {
  const steps = await database.ask<{
    id: string;
    name: string;
    key: string;
    kind: string;
    status: string;
    epoch: number;
  }>(
    "select id, name, token as key, kind, status, epoch from steps where kind in ('shell', 'agent') and kept_from is null",
  );
  const keyOf = (step: { id: string; key: string; kind: string }) =>
    step.kind === "agent" ? toId("step", step.id) : step.key;
  const lines = sink.read();
  const seen = new Set(lines.map(({ key, epoch }) => `${key} ${epoch}`));
  const done = steps.filter(({ status }) => status === "succeeded");
  const doneKeys = new Set(done.map(keyOf));
  const known = new Set(steps.map(keyOf));
  const highest = new Map<string, number>();
  let late = 0;
  for (const { key, epoch } of lines) {
    const before = highest.get(key) ?? 0;
    if (epoch < before) late += 1;
    highest.set(key, Math.max(before, epoch));
  }
  return {
    missing: done
      // an agent is not told its epoch
      .filter((step) =>
        step.kind === "agent"
          ? !highest.has(keyOf(step))
          : !seen.has(`${keyOf(step)} ${step.epoch}`),
      )
      .map(({ status: _, ...step }) => ({
        ...step,
        seen: lines.flatMap(({ key, epoch }) => (key === keyOf(step) ? [epoch] : [])),
      })),
    invented: [...highest.keys()].filter((key) => !known.has(key)),
    succeeded: doneKeys.size,
    uniqueKeys: [...highest.keys()].filter((key) => doneKeys.has(key)).length,
    calls: lines.length,
    late,
  };
}

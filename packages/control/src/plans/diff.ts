import { DiffPlansInput, EstimateView, ForecastView, PlanDiffView } from "@nofx/core/api";
import { diffPlans as compare, type ComparedStep } from "@nofx/core/planner/diff";
import { NofxError } from "@nofx/core/errors";
import { loadComparedSteps, type ComparedStepRecord, type PlanRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { loadPlan } from "./view.ts";

const CHANGES_IN_VIEW = 500;

/** What differs between two versions of a pack's plan. */
export function diffPlans(
  ctx: MemberContext,
  input: z.input<typeof DiffPlansInput>,
): Promise<PlanDiffView> {
  return runQuery(ctx, DiffPlansInput, input, async (tx, parsed) => {
    const from = await loadPlan(ctx, tx, parsed.from);
    const to = await loadPlan(ctx, tx, parsed.to);
    if (from.pack_id !== to.pack_id) {
      throw new NofxError("invalid_input", {
        detail: "They are plans of two packs. Compare versions of one.",
      });
    }
    const stepsOf = async (plan: PlanRecord) =>
      (await loadComparedSteps(tx.db, plan.id)).map(toCompared);
    const { unchanged, ...diff } = compare(await stepsOf(from), await stepsOf(to));
    const shown = <T>(changes: readonly T[]) => changes.slice(0, CHANGES_IN_VIEW);
    return PlanDiffView.parse({
      from: { planId: parsed.from, version: from.version },
      to: { planId: parsed.to, version: to.version },
      added: shown(diff.added),
      removed: shown(diff.removed),
      moved: shown(diff.moved),
      reestimated: shown(diff.reestimated),
      rescheduled: shown(diff.rescheduled).map(({ fromMs, toMs, ...step }) => ({
        ...step,
        fromSeconds: seconds(fromMs),
        toSeconds: seconds(toMs),
      })),
      changed: shown(diff.changed),
      counts: {
        added: diff.added.length,
        removed: diff.removed.length,
        moved: diff.moved.length,
        reestimated: diff.reestimated.length,
        rescheduled: diff.rescheduled.length,
        changed: diff.changed.length,
        unchanged,
      },
      makespanSeconds: { from: from.makespan_seconds, to: to.makespan_seconds },
      costUsd: { from: costOf(from), to: costOf(to) },
    });
  });
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}

function costOf({ forecast }: PlanRecord) {
  const parsed = ForecastView.safeParse(forecast);
  return parsed.success ? parsed.data.costUsd : null;
}

function toCompared(row: ComparedStepRecord): ComparedStep {
  const { name, title, position, needs, start_seconds, estimate, ...fields } = row;
  const parsed = EstimateView.safeParse(estimate);
  return {
    name,
    title,
    position,
    needs,
    fields: { ...fields, title },
    durationMs: parsed.success ? parsed.data.durationMs.p50 : null,
    startMs: start_seconds === null ? null : start_seconds * 1_000,
  };
}

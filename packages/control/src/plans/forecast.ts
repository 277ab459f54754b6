import {
  ForecastPlanInput,
  PlanForecastView,
  type ForecastStepView,
  type TimetableView,
} from "@nofx/core/api";
import { overall, verdictsByStep } from "@nofx/core/gates";
import { latestPlanVersion } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { isEnabled, refuseWhenOff } from "../flags/is-enabled.ts";
import { draftPlan, type PlanDraft } from "./draft-plan.ts";
import { packNamed } from "./pack-named.ts";

const STEPS_IN_VIEW = 500;

/** What a plan would be if it were made now: its steps, times, cost, odds and verdicts. Nothing is stored, nobody is asked. */
export async function forecastPlan(
  ctx: MemberContext,
  input: z.input<typeof ForecastPlanInput>,
): Promise<PlanForecastView> {
  const open = await isEnabled(ctx, "FEATURE_AUTO_PLANNER");
  return runQuery(ctx, ForecastPlanInput, input, async (tx, parsed) => {
    refuseWhenOff(ctx, "FEATURE_AUTO_PLANNER", open);
    const pack = await packNamed(ctx, tx, parsed.pack);
    const version = (await latestPlanVersion(tx.db, pack.id))?.version ?? 0;
    const title = parsed.title ?? pack.title ?? pack.name;
    const draft = await draftPlan(ctx, tx, pack, { ...parsed, title, version: version + 1 });
    const { evaluations } = draft.judgement;
    const verdicts = verdictsByStep(evaluations);
    return PlanForecastView.parse({
      pack: pack.name,
      title,
      steps: draft.steps.length,
      leftOut: draft.leftOut,
      ...overall(evaluations),
      forecast: draft.forecast,
      timetable: viewTimetable(draft),
      evaluations,
      stepList: draft.steps
        .slice(0, STEPS_IN_VIEW)
        .map((step, i): Record<keyof ForecastStepView, unknown> => ({
          name: step.name,
          title: step.title,
          itemKey: step.itemId,
          kind: step.kind,
          capability: step.capability,
          needs: step.needs,
          priority: step.priority,
          position: step.position,
          sensitive: step.sensitive,
          risk: step.risk,
          labels: step.labels,
          verdict: verdicts.get(step.name) ?? "allow",
          ...timesOf(draft, i),
          resources: step.resources ?? [],
          estimate: draft.estimates[i],
        })),
    });
  });
}

export function viewTimetable({ timetable, resources }: PlanDraft): TimetableView | null {
  if (timetable === undefined) return null;
  return {
    makespanSeconds: timetable.makespanMs / 1_000,
    lowerBoundSeconds: timetable.lowerBoundMs / 1_000,
    resources: [...resources],
  };
}

/** When the i-th step is to run. */
export function timesOf({ timetable }: PlanDraft, i: number) {
  const seconds = (ms: number | undefined) => (ms === undefined ? null : ms / 1_000);
  return {
    startSeconds: seconds(timetable?.startMs[i]),
    slackSeconds: seconds(timetable?.slackMs[i]),
    critical: timetable?.critical[i] ?? false,
  };
}

import type { CreatePlanInput } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import {
  estimateStep,
  scoreEstimates,
  type Estimate,
  type EstimateScore,
  type Measured,
} from "@nofx/core/estimates";
import {
  forecastPlan,
  planProblem,
  timetableOf,
  type PlanForecast,
  type PlanResource,
  type Timetable,
} from "@nofx/core/forecasts";
import { overall, toolsOf } from "@nofx/core/gates";
import { planBacklog, type PlannedStep, type ValidItem } from "@nofx/core/planner";
import { improveUntil, start, type ScheduleState } from "@nofx/core/planner/schedule";
import {
  loadCapacities,
  loadPackItems,
  loadPlanRules,
  loadTools,
  listDoneKeys,
  listRecentOutcomes,
  measureSteps,
  measureWork,
  type PackItemRecord,
} from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { judge, type Judgement } from "../gates/judge.ts";
import { parseRules } from "./parse-rules.ts";
import { selectItems } from "./select-items.ts";
import { toOutcome } from "./to-outcome.ts";

/** How long the schedule of a plan is improved for. */
const IMPROVE_MS = 300;
/** The same plan is played the same way, whoever asks and whenever. */
const SEED = 1;

export interface PlanPack {
  readonly id: string;
  readonly name: string;
}

/** All that there is to know of a plan before it is stored. */
export interface PlanDraft {
  readonly steps: readonly PlannedStep[];
  /** How many items of the pack are not in it. */
  readonly leftOut: number;
  /** In the order of the steps. */
  readonly estimates: readonly Estimate[];
  /** Nothing where there are no steps. */
  readonly timetable: Timetable | undefined;
  readonly resources: readonly PlanResource[];
  readonly forecast: StoredForecast;
  readonly judgement: Judgement;
}

export interface StoredForecast extends PlanForecast {
  readonly naiveMs: number | null;
  readonly accuracy: EstimateScore | null;
}

/**
 * Plans items of a pack, schedules and forecasts the plan and has it judged. Writes nothing. `revise` may change the items first: a
 * model's plan comes in there.
 */
export async function draftPlan(
  ctx: MemberContext,
  tx: CommandTransaction,
  pack: PlanPack,
  input: CreatePlanInput & { version: number; title: string },
  revise: (items: readonly ValidItem[]) => readonly ValidItem[] = (items) => items,
): Promise<PlanDraft> {
  const records = await loadPackItems(tx.db, pack.id);
  const items = revise(selectItems(records, await wantedKeys(tx, pack, records, input)));
  const planned = planBacklog({
    tenantId: ctx.tenantId,
    lineage: pack.id,
    items,
    rules: parseRules(await loadPlanRules(tx.db, ctx.tenantId)),
    sha256: ctx.plane.sha256,
  });
  if (!planned.ok) throw new NofxError("plan_invalid", { issues: planned.issues });
  const { steps, notes } = planned;
  const foreseen = await foresee(ctx, tx, pack, steps);
  const { title, version } = input;
  const judgement = await judge(ctx, tx, {
    title,
    pack: pack.name,
    version,
    steps,
    notes,
    forecast: foreseen.forecast,
  });
  // a plan that a gate warns of is asked about as a whole
  const asked = overall(judgement.evaluations).verdict === "warn" ? 1 : 0;
  const approvals = foreseen.forecast.approvals + asked;
  const leftOut = records.length - items.length;
  return { steps, leftOut, judgement, ...foreseen, forecast: { ...foreseen.forecast, approvals } };
}

/** What was asked for by name, or what is open; all where neither is said. */
async function wantedKeys(
  tx: CommandTransaction,
  pack: PlanPack,
  records: readonly PackItemRecord[],
  { items, open }: Pick<CreatePlanInput, "items" | "open">,
): Promise<readonly string[] | undefined> {
  if (items !== undefined || open !== true) return items;
  const done = new Set(await listDoneKeys(tx.db, pack.id));
  if (done.size === 0) return undefined;
  const wanted = records.map(({ key }) => key).filter((key) => !done.has(key));
  if (wanted.length > 0) return wanted;
  throw new NofxError("plan_invalid", {
    detail: `Every item of ${pack.name} is done, and none has changed since: there is nothing to plan. To do all of it again, say so: npx nofx plan ${pack.name} --all, or the box of the dialog.`,
  });
}

type Foreseen = Pick<PlanDraft, "estimates" | "timetable" | "resources" | "forecast">;

async function foresee(
  ctx: MemberContext,
  tx: CommandTransaction,
  pack: PlanPack,
  steps: readonly PlannedStep[],
): Promise<Foreseen> {
  const measured = await measureWork(tx.db, ctx.tenantId);
  const ofSteps = await measureSteps(tx.db, pack.id);
  const outcomes = (await listRecentOutcomes(tx.db, ctx.tenantId)).flatMap(toOutcome);
  const capacities = await loadCapacities(tx.db, ctx.tenantId);

  const ofWork = new Map(
    measured.work.map((one): [string, Measured & (typeof measured.work)[number]] => [
      measuredName(one),
      one,
    ]),
  );
  const estimates = steps.map((step) =>
    estimateStep(step, ofWork.get(measuredName(step)), ofSteps.get(step.token)),
  );
  const plan = planProblem(steps, estimates, {
    workerSlots: capacities.worker_slots,
    agents: capacities.agents,
    limits: capacities.limits.map(({ queue, type, max_running, rate, per_seconds }) => ({
      queue,
      type,
      maxRunning: max_running,
      rate: rate === null || per_seconds === null ? null : { starts: rate, seconds: per_seconds },
    })),
  });
  const state = steps.length === 0 ? undefined : scheduled(ctx, plan.problem);
  const forecast = forecastPlan({
    steps,
    estimates,
    plan,
    state,
    tries: ofWork,
    otherApprovals: await usesToBeApproved(ctx, tx, steps),
    seed: SEED,
  });
  return {
    estimates,
    timetable: state === undefined ? undefined : timetableOf(plan, state),
    resources: plan.resources,
    forecast: {
      ...forecast,
      naiveMs: measured.medianMs,
      accuracy: outcomes.length === 0 ? null : scoreEstimates(outcomes),
    },
  };
}

/** Tools that ask before they run, once for each step that may use them. */
async function usesToBeApproved(
  ctx: MemberContext,
  tx: CommandTransaction,
  steps: readonly PlannedStep[],
): Promise<number> {
  const named = steps.flatMap(toolsOf);
  if (named.length === 0) return 0;
  const tools = await loadTools(tx.db, ctx.tenantId, [...new Set(named)]);
  const asking = new Set(tools.filter((tool) => tool.requires_approval).map(({ name }) => name));
  return named.filter((name) => asking.has(name)).length;
}

function scheduled(
  { plane: { clock } }: MemberContext,
  problem: ReturnType<typeof planProblem>["problem"],
): ScheduleState {
  const deadline = clock.now() + IMPROVE_MS;
  return improveUntil(start(problem, SEED), deadline, clock.now);
}

/** The name of what is measured together: as `workOf` has it, and the kind of what is no work. */
function measuredName({ kind, capability }: { kind: string; capability: string | null }): string {
  return kind === "agent" ? `agent:${capability ?? ""}` : kind;
}

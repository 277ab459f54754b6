import { oddsOfAll, type Estimate, type Range, type Tries } from "../estimates/index.ts";
import type { PlannedStep } from "../planner/planned-step.ts";
import { best, type ScheduleState } from "../planner/schedule/index.ts";
import { ASSUMED_SLOTS } from "./capacities.ts";
import type { PlanProblem } from "./schedule-problem.ts";
import { simulate } from "./simulate.ts";
import { workOf } from "../gates/work-of.ts";

/** What a plan as a whole will take, how likely it goes well, and how often people will be asked. */
export interface PlanForecast {
  readonly durationMs: Range;
  readonly tokens: Range;
  readonly costUsd: Range;
  readonly successOdds: number;
  readonly approvals: number;
  /** Steps that were estimated from measurements; the others by what is taken for granted of their kind. */
  readonly measuredSteps: number;
  /** How often the plan was played. */
  readonly trials: number;
  /** Sentences: what was taken for granted. */
  readonly assumptions: readonly string[];
}

export interface ForecastRequest {
  readonly steps: readonly PlannedStep[];
  readonly estimates: readonly Estimate[];
  readonly plan: PlanProblem;
  /** Nothing where there are no steps. */
  readonly state: ScheduleState | undefined;
  /** How often steps of a work went well: the plan's steps go the same way. */
  readonly tries: ReadonlyMap<string, Tries>;
  /** Approvals beside those of sensitive steps and of steps that ask. */
  readonly otherApprovals: number;
  readonly seed: number;
}

const NOTHING: Range = { p10: 0, p50: 0, p90: 0 };
const NEVER_TRIED: Tries = { succeeded: 0, failed: 0 };

/** The forecast of a plan from those of its steps. */
export function forecastPlan(request: ForecastRequest): PlanForecast {
  const { steps, estimates, plan, state, tries, otherApprovals, seed } = request;
  const work = steps.map((step) => workOf(step));
  const simulated =
    state === undefined
      ? { durationMs: NOTHING, tokens: NOTHING, costUsd: NOTHING, trials: 0 }
      : simulate(
          {
            problem: plan.problem,
            starts: best(state).starts,
            estimates,
            work: work.map((one, i) => one ?? steps[i]?.kind ?? ""),
          },
          seed,
        );
  const counts = new Map<string, number>();
  for (const one of work) if (one !== undefined) counts.set(one, (counts.get(one) ?? 0) + 1);
  let successOdds = 1;
  for (const [one, many] of counts) successOdds *= oddsOfAll(tries.get(one) ?? NEVER_TRIED, many);
  const asking = steps.filter(({ sensitive, kind }) => sensitive || kind === "approval").length;
  return {
    ...simulated,
    successOdds,
    approvals: asking + otherApprovals,
    measuredSteps: estimates.filter(({ basis }) => basis === "telemetry").length,
    assumptions: [
      ...(plan.noWorker
        ? [`No worker is up: planned as if ${ASSUMED_SLOTS} steps could run at a time.`]
        : []),
      ...(plan.unoffered.length === 0
        ? []
        : [
            `No active agent offers ${listed(plan.unoffered)}: planned as if one did. Steps that need it wait until then.`,
          ]),
    ],
  };
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}

import { ReplayRuleInput, ReplayRuleResult } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { worstVerdict, type PlanFacts, type PlanUnderJudgement } from "@nofx/core/gates";
import { sceneOf } from "@nofx/core/gates/conditions";
import type { PlannedStep } from "@nofx/core/planner";
import { toId, Verdict } from "@nofx/core/vocabulary";
import {
  listEvaluations,
  listRecentPlans,
  loadStoredSteps,
  type ReplayedPlan,
} from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { checkCondition, conditions, inTurn, type Evaluated } from "../conditions/index.ts";
import { StoredStep } from "../plans/digest.ts";
import { loadPlanFacts } from "./load-facts.ts";

const PLANS = 100;
/** Of all plans together: more would not be read in one request. */
const MAX_STEPS = 20_000;

type Draft = z.output<typeof ReplayRuleInput>;
type Replayed = ReplayRuleResult["plans"][number];

/**
 * What a draft would have said of the last 100 plans: each plan's verdict as it was given, and with the draft in place of the
 * rule of its name. Those that change come first. Facts are today's; the time is that of the plan.
 */
export async function replayRule(
  ctx: MemberContext,
  input: z.input<typeof ReplayRuleInput>,
): Promise<ReplayRuleResult> {
  authorise(ctx, "gate.manage");
  const { draft, read, facts, skipped } = await runQuery(ctx, ReplayRuleInput, input, load(ctx));
  // after the transaction: conditions may take seconds, and connections are few
  const plans: Replayed[] = [];
  await inTurn(ctx.tenantId, async () => {
    for (const plan of read) plans.push(await replay(plan, facts, draft));
  });
  const changed = plans.filter(isChanged);
  return ReplayRuleResult.parse({
    plans: [...changed, ...plans.filter((plan) => !isChanged(plan))],
    judged: plans.length,
    changed: changed.length,
    failed: plans.filter(({ error }) => error !== null).length,
    skipped,
  });
}

const load =
  (ctx: MemberContext) =>
  async (tx: CommandTransaction, draft: Draft): Promise<Loaded> => {
    const problem = checkCondition(draft.condition, draft.scope);
    if (problem !== undefined) {
      throw new NofxError("condition_invalid", {
        detail: `Line ${problem.line}, column ${problem.column}: ${problem.message}.`,
        data: { ...problem },
      });
    }
    const recent = await listRecentPlans(tx.db, ctx.tenantId, PLANS);
    const read: PlanWithSteps[] = [];
    let left = MAX_STEPS;
    for (const plan of recent) {
      if (plan.step_count > left) continue;
      left -= plan.step_count;
      const stored = await loadStoredSteps(tx.db, plan.id);
      const steps = stored.map((step) => StoredStep.parse(step));
      const evaluations = await listEvaluations(tx.db, plan.id);
      const given = evaluations.flatMap((one) => Given.parse(one.findings));
      read.push({ ...plan, steps, given });
    }
    const all = read.flatMap(({ steps }) => steps);
    const facts = await loadPlanFacts(ctx, tx, all, undefined);
    return { draft, read, facts, skipped: recent.length - read.length };
  };

function isChanged({ before, after }: Replayed): boolean {
  return before !== after;
}

const Given = z.array(z.object({ rule: z.string(), verdict: Verdict }));

interface PlanWithSteps extends ReplayedPlan {
  readonly steps: readonly PlannedStep[];
  /** What its rules said when it was judged. */
  readonly given: z.output<typeof Given>;
}

interface Loaded {
  readonly draft: Draft;
  readonly read: readonly PlanWithSteps[];
  readonly facts: PlanFacts;
  /** Plans too large to be read beside the others. */
  readonly skipped: number;
}

async function replay(
  { id, title, pack, version, created_at, steps, given }: PlanWithSteps,
  facts: PlanFacts,
  draft: Draft,
): Promise<Replayed> {
  const plan: PlanUnderJudgement = {
    plan: { title, pack, version },
    steps,
    notes: [],
    facts: { ...facts, now: created_at.toISOString() },
  };
  const [outcome = { failed: "not evaluated" }] = await conditions.evaluate([draft], sceneOf(plan));
  const others = given.filter(({ rule }) => rule !== draft.name).map(({ verdict }) => verdict);
  return {
    planId: toId("plan", id),
    title,
    version,
    at: created_at.toISOString(),
    before: worstVerdict(given.map(({ verdict }) => verdict)),
    after: worstVerdict([...others, ...verdictOf(outcome, draft)]),
    ...countOf(outcome, steps),
  };
}

function verdictOf(outcome: Evaluated, { verdict }: Draft): Verdict[] {
  if ("failed" in outcome) return [verdict === "block" ? "block" : "warn"];
  return outcome.found ? [verdict] : [];
}

function countOf(outcome: Evaluated, steps: readonly { name: string }[]) {
  if ("failed" in outcome) return { found: 0, steps: [], error: outcome.failed };
  const names = outcome.steps.slice(0, 10).map((at) => steps[at]?.name ?? "");
  return {
    found: outcome.found ? Math.max(1, outcome.steps.length) : 0,
    steps: names,
    error: null,
  };
}

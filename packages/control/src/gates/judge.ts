import {
  judgePlan,
  requirementsOf,
  toGateRule,
  type ApprovalRequirement,
  type Evaluation,
  type Forecast,
  type PlanUnderJudgement,
  type RuleInForce,
} from "@nofx/core/gates";
import { sceneOf } from "@nofx/core/gates/conditions";
import type { PlannedStep, PlanNote } from "@nofx/core/planner";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { conditions } from "../conditions/index.ts";
import { loadPlanFacts } from "./load-facts.ts";
import { loadRules } from "./load-rules.ts";

export interface PlanToJudge {
  readonly title: string;
  readonly pack: string;
  readonly version: number;
  readonly steps: readonly PlannedStep[];
  readonly notes: readonly PlanNote[];
  /** Absent where there is none: then nothing is held against budgets, and the gate says so. */
  readonly forecast?: Forecast | undefined;
}

export interface Judgement {
  readonly evaluations: readonly Evaluation[];
  /** Of the rules that judged. Stored with the verdicts, which hold only under these rules. */
  readonly rulesDigest: string;
  /** Groups that have to approve steps, by their labels. */
  readonly requirements: readonly ApprovalRequirement[];
}

/** Has every gate judge a plan, by the rules that hold in the tenant now. Writes nothing. */
export async function judge(
  ctx: MemberContext,
  tx: CommandTransaction,
  { title, pack, version, steps, notes, forecast }: PlanToJudge,
): Promise<Judgement> {
  const { rules, digest } = await loadRules(ctx, tx);
  const facts = await loadPlanFacts(ctx, tx, steps, forecast);
  const plan = { plan: { title, pack, version }, steps, notes, facts };
  return {
    evaluations: await judgeBy(rules, plan),
    rulesDigest: digest,
    requirements: requirementsOf(steps, facts),
  };
}

/** The same with given rules. Conditions are evaluated in their thread: what takes too long is found, not passed over. */
export async function judgeBy(
  rules: readonly RuleInForce[],
  plan: PlanUnderJudgement,
): Promise<Evaluation[]> {
  const inForce = rules.filter((rule) => rule.enabled);
  const own = inForce.flatMap((rule) => (rule.own === null ? [] : [rule.own]));
  const outcomes = own.length === 0 ? [] : await conditions.evaluate(own, sceneOf(plan));
  const byName = new Map(own.map((rule, i) => [rule.name, outcomes[i]]));
  return judgePlan(
    plan,
    inForce.map((rule) => toGateRule(rule, byName.get(rule.name))),
  );
}

import { Finding } from "@nofx/core/api";
import { worstVerdict } from "@nofx/core/gates";
import { GateKind, type Verdict } from "@nofx/core/vocabulary";
import {
  listEvaluations,
  overridesOfPlan,
  type EvaluationRecord,
  type OverrideRecord,
} from "@nofx/db/queries";
import { z } from "zod";
import type { CallerContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { isLive } from "../overrides/status.ts";
import { loadRules, type RuleSet } from "./load-rules.ts";

const Findings = z.array(Finding);
export type GateFinding = Finding & { gate: GateKind };

/** What holds of a plan now: the verdicts as they were given, without what overrides in force lift. */
export interface Effective {
  readonly verdict: Verdict;
  /** What is not lifted. */
  readonly left: readonly GateFinding[];
  readonly findings: readonly GateFinding[];
  readonly evaluations: readonly EvaluationRecord[];
  readonly overrides: readonly OverrideRecord[];
  readonly live: readonly OverrideRecord[];
  readonly rules: RuleSet;
  /** Why the verdicts hold no more. */
  readonly voidBecause: "steps" | "rules" | null;
}

export async function effectiveVerdict(
  ctx: CallerContext,
  tx: CommandTransaction,
  plan: { id: string; digest: string },
): Promise<Effective> {
  const evaluations = (await listEvaluations(tx.db, plan.id)).filter((one) => one.model === null);
  const overrides = await overridesOfPlan(tx.db, plan.id);
  const rules = await loadRules(ctx, tx);
  const live = overrides.filter((one) => isLive(one, rules.digest));
  const findings = evaluations.flatMap((one) => {
    const gate = GateKind.parse(one.gate);
    return Findings.parse(one.findings).map((finding) => ({ gate, ...finding }));
  });
  const left = findings.filter((finding) => !live.some((one) => lifts(one, finding)));
  return {
    verdict: worstVerdict(left.map((finding) => finding.verdict)),
    left,
    findings,
    evaluations,
    overrides,
    live,
    rules,
    voidBecause: voidBecause(plan.digest, rules.digest, evaluations),
  };
}

function voidBecause(
  digest: string,
  rulesDigest: string,
  evaluations: readonly EvaluationRecord[],
): "steps" | "rules" | null {
  if (evaluations.some((one) => one.digest !== digest)) return "steps";
  // verdicts of before rules had versions say nothing of theirs
  const other = evaluations.some(
    (one) => one.rules_digest !== null && one.rules_digest !== rulesDigest,
  );
  return other ? "rules" : null;
}

/** Whether an override of this scope is about this finding. */
export function lifts(
  { scope, rule, step }: Pick<OverrideRecord, "scope" | "rule" | "step">,
  finding: Pick<Finding, "rule" | "step">,
): boolean {
  if (scope === "plan") return true;
  if (scope === "rule") return finding.rule === rule && (step === null || finding.step === step);
  return finding.step === step;
}

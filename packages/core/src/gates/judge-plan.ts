import type { GateKind, Verdict } from "../vocabulary/index.ts";
import type { Finding, GateRule, PlanUnderJudgement } from "./rule.ts";
import { GATE_RULES } from "./rules.ts";
import { scoreOf, worstVerdict } from "./verdicts.ts";

/** What one gate says about a plan. */
export interface Evaluation {
  readonly gate: GateKind;
  readonly verdict: Verdict;
  /** 100 is clean; warnings take it down to 50, blocks below that. */
  readonly score: number;
  readonly findings: readonly Finding[];
}

/** The gates that judge plans, in the order in which they are shown. */
export const JUDGING_GATES = [
  "structural",
  "risk",
  "compliance",
  "resource",
] as const satisfies readonly GateKind[];

const MAX_FINDINGS_A_RULE = 100;

/** Has every gate judge the plan. The plan's verdict is the worst of theirs. */
export function judgePlan(
  plan: PlanUnderJudgement,
  rules: readonly (GateRule & { readonly version?: number })[] = GATE_RULES,
): Evaluation[] {
  return JUDGING_GATES.map((gate) => {
    const findings = rules
      .filter((rule) => rule.gate === gate)
      .flatMap((rule) => findingsOf(rule, plan));
    const verdicts = findings.map((finding) => finding.verdict);
    return { gate, verdict: worstVerdict(verdicts), score: scoreOf(verdicts), findings };
  });
}

function findingsOf(rule: GateRule & { version?: number }, plan: PlanUnderJudgement): Finding[] {
  const { name, verdict, tip, version = 1 } = rule;
  const all = [...rule.judge(plan)];
  const findings = all
    .slice(0, MAX_FINDINGS_A_RULE)
    .map((found) => ({ rule: name, version, verdict, tip, ...found }));
  const left = all.slice(MAX_FINDINGS_A_RULE);
  if (left.length > 0) {
    const more = left.length;
    const reason = `The same is true in ${more.toLocaleString("en")} more places.`;
    const worst = worstVerdict(left.map((found) => found.verdict ?? verdict));
    findings.push({
      rule: name,
      version,
      verdict: worst,
      tip,
      step: null,
      reason,
      evidence: { more },
    });
  }
  return findings;
}

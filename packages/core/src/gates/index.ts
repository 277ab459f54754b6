export { requirementsOf, type ApprovalRequirement } from "./compliance/requirements-of.ts";
export { changeWindow } from "./compliance/change-window.ts";
export type {
  Budgets,
  ChangeWindows,
  Compliance,
  Forecast,
  Person,
  PlanFacts,
  Quota,
  Range,
  ToolFact,
} from "./facts.ts";
export { JUDGING_GATES, judgePlan, type Evaluation } from "./judge-plan.ts";
export { judgeTasks } from "./judge-tasks.ts";
export { OverridePolicy, OwnRule, RuleScope, type ConditionProblem } from "./own-rule.ts";
export { planDigest, planDigestInput, stepDigestInput, type DigestedPlan } from "./plan-digest.ts";
export { findSecrets, type FoundSecret } from "./risk/find-secrets.ts";
export { maskSecrets, type Masked } from "./risk/mask-secrets.ts";
export { ExamplePlan, planOfExample, RuleExample } from "./rule-example.ts";
export type { Finding, GateRule, PlanUnderJudgement } from "./rule.ts";
export {
  rulesDigestInput,
  rulesInForce,
  toGateRule,
  type ConditionOutcome,
  type RuleInForce,
  type StoredOwnRule,
  type StoredRule,
} from "./rules-in-force.ts";
export { GATE_RULES } from "./rules.ts";
export { toolsOf } from "./tools-of.ts";
export { overall, verdictsByStep, worstVerdict } from "./verdicts.ts";
export { workOf } from "./work-of.ts";

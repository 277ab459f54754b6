export { JUDGING_GATES, judgePlan, type Evaluation } from "./judge-plan.ts";
export { judgeTasks } from "./judge-tasks.ts";
export { planDigest, planDigestInput, stepDigestInput, type DigestedPlan } from "./plan-digest.ts";
export { findSecrets, type FoundSecret } from "./risk/find-secrets.ts";
export { maskSecrets, type Masked } from "./risk/mask-secrets.ts";
export type { Finding, GateRule, PlanFacts, PlanUnderJudgement } from "./rule.ts";
export { GATE_RULES } from "./rules.ts";
export { overall, verdictsByStep, worstVerdict } from "./verdicts.ts";

export { checkCondition } from "./check.ts";
export { createEvaluator, type Evaluator } from "./evaluator.ts";
export type { ConditionJob, Evaluated } from "./protocol.ts";
export { conditions } from "./shared.ts";

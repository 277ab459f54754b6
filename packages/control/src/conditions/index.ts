export { checkCondition } from "./check.ts";
export { createEvaluator, type Evaluator, TOOK_LONGER } from "./evaluator.ts";
export { inTurn } from "./in-turn.ts";
export type { ConditionJob, Evaluated } from "./protocol.ts";
export { conditions } from "./shared.ts";

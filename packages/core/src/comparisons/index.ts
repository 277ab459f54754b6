export { ModelPlan, RefusalReason, Repair } from "./model-plan.ts";
export {
  MAX_COMPARED_ITEMS,
  PLAN_ANSWER_SCHEMA,
  planningPrompt,
  type PlanningPrompt,
} from "./planning-prompt.ts";
export { readAnswer, type Reading } from "./read-answer.ts";
export { reviseItems, type Revision } from "./revise-items.ts";

export type { KnownItems } from "./check-needs.ts";
export { nameFinder } from "./closest-name.ts";
export { findLoops, type Loop } from "./find-loops.ts";
export { layoutPlan, type LayoutOptions, type PlacedStep } from "./layout/layout-plan.ts";
export type { ValidItem } from "./parse-row.ts";
export { planBacklog, type Planning, type PlanRequest } from "./plan-backlog.ts";
export { DEFAULT_PLAN_RULES, PlanRule, PlanRuleStep } from "./plan-rules.ts";
export type { PlannedStep, PlanNote } from "./planned-step.ts";
export { validateBacklog, type BacklogValidation } from "./validate-backlog.ts";

export { createPlan } from "./create.ts";
export { diffPlans } from "./diff.ts";
export { executePlan } from "./execute.ts";
export { forecastPlan } from "./forecast.ts";
export { getPlanOutcome } from "./outcome.ts";
export { getGates, getPlan, listPlans, listPlanSteps } from "./read.ts";

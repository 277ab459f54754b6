export { createPlan } from "./create.ts";
export { executePlan } from "./execute.ts";
export { getGates, getPlan, listPlans, listPlanSteps } from "./read.ts";

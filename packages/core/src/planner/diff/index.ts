export { diffPlans, type ComparedStep, type PlanDiff } from "./diff-plans.ts";

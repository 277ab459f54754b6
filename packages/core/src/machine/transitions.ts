/** All tables of transitions in one place: what the database functions and the documents are held to. */
export { APPROVAL_TRANSITIONS } from "./transition-approval.ts";
export { PLAN_TRANSITIONS } from "./transition-plan.ts";
export { RUN_TRANSITIONS } from "./transition-run.ts";
export { STEP_TRANSITIONS } from "./step-transitions.ts";

/** All tables of transitions in one place: what the database functions and the documents are held to. */
export { APPROVAL_TRANSITIONS } from "./transition-approval.ts";
export { COMPENSATION_TRANSITIONS } from "./transition-compensation.ts";
export { DEAD_LETTER_TRANSITIONS } from "./transition-dead-letter.ts";
export { PLAN_TRANSITIONS } from "./transition-plan.ts";
export { RUN_TRANSITIONS } from "./transition-run.ts";
export { STEP_TRANSITIONS } from "./step-transitions.ts";
export { WAIT_TRANSITIONS } from "./transition-wait.ts";

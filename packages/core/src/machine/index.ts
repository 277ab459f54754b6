export {
  RETRY_BASE_MS,
  RETRY_CAP_MS,
  RETRY_FLOOR_MS,
  decideRetry,
  type FailedAttempt,
  type RetryDecision,
} from "./decide-retry.ts";
export {
  FENCED_EVENTS,
  type StepEffect,
  type StepEventName,
  type StepGuard,
  type StepTransition,
} from "./step-transitions.ts";
export {
  transitionApproval,
  type ApprovalEvent,
  type ApprovalResult,
  type ApprovalState,
} from "./transition-approval.ts";
export {
  transitionCompensation,
  type CompensationEvent,
  type CompensationResult,
} from "./transition-compensation.ts";
export {
  transitionDeadLetter,
  type DeadLetterEvent,
  type DeadLetterResult,
} from "./transition-dead-letter.ts";
export {
  initialPlanStatus,
  transitionPlan,
  type PlanEvent,
  type PlanResult,
} from "./transition-plan.ts";
export { transitionRun, type RunEvent, type RunResult, type RunState } from "./transition-run.ts";
export {
  REFUSAL_ERROR,
  transitionStep,
  type StepEvent,
  type StepRefusal,
  type StepResult,
  type StepState,
} from "./transition-step.ts";
export { WAIT_HOLD, transitionWait, type WaitEvent, type WaitResult } from "./transition-wait.ts";
export {
  APPROVAL_TRANSITIONS,
  COMPENSATION_TRANSITIONS,
  DEAD_LETTER_TRANSITIONS,
  PLAN_TRANSITIONS,
  RUN_TRANSITIONS,
  STEP_TRANSITIONS,
  WAIT_TRANSITIONS,
} from "./transitions.ts";

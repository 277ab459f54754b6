import { z } from "zod";

export const StepStatus = z.enum([
  "queued",
  "assigned",
  "running",
  "succeeded",
  "failed",
  "cancelled",
]);
export type StepStatus = z.infer<typeof StepStatus>;

export const RunStatus = z.enum(["queued", "running", "succeeded", "failed", "cancelled"]);
export type RunStatus = z.infer<typeof RunStatus>;

export const CompensationStatus = z.enum(["none", "running", "done", "failed"]);
export type CompensationStatus = z.infer<typeof CompensationStatus>;

export const PlanStatus = z.enum(["ready", "blocked", "approved", "superseded", "cancelled"]);
export type PlanStatus = z.infer<typeof PlanStatus>;

export const ApprovalStatus = z.enum([
  "pending",
  "approved",
  "rejected",
  "expired",
  "cancelled",
  "superseded",
]);
export type ApprovalStatus = z.infer<typeof ApprovalStatus>;

/**
 * What an approval is about: a plan's warn verdict, one exact plan step, a question an executor asks, one use of a tool, the
 * override of a verdict, or more of a budget.
 */
export const ApprovalSubject = z.enum([
  "plan",
  "plan_step",
  "step",
  "tool",
  "override",
  "budget",
  "redaction",
]);
export type ApprovalSubject = z.infer<typeof ApprovalSubject>;

export const Decision = z.enum(["approve", "approve_with_changes", "reject"]);
export type Decision = z.infer<typeof Decision>;

/** What became of a use of a tool. unknown: whoever used it was lost before saying how it ended. */
export const ToolRunStatus = z.enum(["intended", "succeeded", "failed", "unknown"]);
export type ToolRunStatus = z.infer<typeof ToolRunStatus>;

export const Sensitivity = z.enum(["low", "medium", "high", "critical"]);
export type Sensitivity = z.infer<typeof Sensitivity>;

export const GateKind = z.enum(["structural", "risk", "compliance", "resource"]);
export type GateKind = z.infer<typeof GateKind>;

/** expired and void follow from the clock and from what has changed since; lapsed: its approval ended without an answer. */
export const OverrideStatus = z.enum([
  "pending",
  "active",
  "refused",
  "lapsed",
  "revoked",
  "expired",
  "void",
]);
export type OverrideStatus = z.infer<typeof OverrideStatus>;

export const Verdict = z.enum(["allow", "warn", "block"]);
export type Verdict = z.infer<typeof Verdict>;

export const AttemptOutcome = z.enum([
  "succeeded",
  "failed",
  "released",
  "suspended",
  "lost",
  "cancelled",
]);
export type AttemptOutcome = z.infer<typeof AttemptOutcome>;

/** Where the undoing of one effect stands. `registered`: it can be taken back; `accepted`: people took the loss. */
export const UndoStatus = z.enum(["registered", "undoing", "undone", "failed", "accepted"]);
export type UndoStatus = z.infer<typeof UndoStatus>;

export const DeadLetterStatus = z.enum(["new", "triaged", "redriving", "resolved", "discarded"]);
export type DeadLetterStatus = z.infer<typeof DeadLetterStatus>;

/** How far a step had come when it failed for good. */
export const DeadLetterStage = z.enum(["claim", "input", "execute", "commit", "compensate"]);
export type DeadLetterStage = z.infer<typeof DeadLetterStage>;

export const DeadLetterReason = z.enum([
  "invalid_input",
  "unknown_handler",
  "retries_exhausted",
  "deadline",
  "poison_crash",
  "non_deterministic",
  "compensation_failed",
  "unclassified",
]);
export type DeadLetterReason = z.infer<typeof DeadLetterReason>;

export const TERMINAL_STEP_STATUSES = ["succeeded", "failed", "cancelled"] as const;
export const TERMINAL_RUN_STATUSES = ["succeeded", "failed", "cancelled"] as const;

export function isTerminalStep(status: StepStatus): boolean {
  return (TERMINAL_STEP_STATUSES as readonly string[]).includes(status);
}

export function isTerminalRun(status: RunStatus): boolean {
  return (TERMINAL_RUN_STATUSES as readonly string[]).includes(status);
}

/** What an endpoint is told in: our messages, signed; a channel of Slack; mails to members. */
export const WebhookFormat = z.enum(["nofx", "slack", "email"]);
export type WebhookFormat = z.infer<typeof WebhookFormat>;

export const WebhookStatus = z.enum(["active", "disabled"]);
export type WebhookStatus = z.infer<typeof WebhookStatus>;

/** gone: it answered 410. failing: nothing was taken for five days. by_member: somebody switched it off. */
export const WebhookDisabledReason = z.enum(["gone", "failing", "by_member"]);
export type WebhookDisabledReason = z.infer<typeof WebhookDisabledReason>;

export const WebhookDeliveryStatus = z.enum(["delivered", "failed"]);
export type WebhookDeliveryStatus = z.infer<typeof WebhookDeliveryStatus>;

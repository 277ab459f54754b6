import type { ErrorClass } from "@nofx/core/contract";

/** Where in a step it failed. */
export type FailureStage =
  | "input"
  | "handler"
  | "output"
  | "step"
  | "approval"
  | "wait"
  | "child"
  | "message"
  | "model"
  | "tool"
  | "artifact";

/** What the control plane does next: only `retryable` is tried again. */
export type FailureClass = ErrorClass;

/** A failure as data: which step and attempt, at which stage of it, and of what class. Switch on `stage`, `class`, `code`. */
export interface StepFailure {
  readonly tag: "StepFailure";
  readonly step: string;
  readonly attempt: number;
  readonly stage: FailureStage;
  /** The checkpoint, approval, wait or child it was in, where it was in one. */
  readonly at: string | null;
  readonly class: FailureClass;
  /** Stable: docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** Facts that were stored with it. */
  readonly data: Readonly<Record<string, unknown>>;
}

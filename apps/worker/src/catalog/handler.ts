import type { ClaimedStepRow, HeldStep } from "@nofx/control/steps";
import type { StepErrorCode } from "@nofx/core/errors";
import type { Clock } from "@nofx/core/seams";

/** Where a handler's words go. They are stored in order, and all of them before the step is settled. */
export interface StepLog {
  write(stream: "stdout" | "stderr" | "system", text: string): void;
}

/** One claim in the hands of a handler. */
export interface StepRun {
  readonly step: ClaimedStepRow;
  readonly held: HeldStep;
  readonly log: StepLog;
  readonly clock: Clock;
  /** Fires when the handler must stop: time is up, the lease is lost, a cancel, the worker's end. */
  readonly signal: AbortSignal;
}

/** What more is known of a call to the outside. */
export interface CallFacts {
  /** What the step called, like `http:api.example.com`: its retries come out of one budget. */
  readonly dependency?: string | undefined;
  /** The least wait that the other side asked for. */
  readonly retryAfterMs?: number | undefined;
}

export type StepResult =
  | ({
      readonly type: "succeeded";
      readonly output: Record<string, unknown>;
    } & Pick<CallFacts, "dependency">)
  | ({
      readonly type: "failed";
      readonly code: StepErrorCode;
      readonly message: string;
    } & CallFacts)
  /** People were asked: the engine has put the step on hold and taken the lease. */
  | { readonly type: "held" }
  /** The signal fired and the handler has stopped. */
  | { readonly type: "stopped" };

export type Handler<With> = (run: StepRun, args: With) => Promise<StepResult>;

/** Ends a handler from any depth with a code that decides what comes next. */
export class StepFailed extends Error {
  readonly code: StepErrorCode;
  readonly facts: CallFacts;

  constructor(code: StepErrorCode, message: string, facts: CallFacts = {}) {
    super(message);
    this.name = "StepFailed";
    this.code = code;
    this.facts = facts;
  }
}

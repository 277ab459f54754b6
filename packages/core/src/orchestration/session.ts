import type { StepErrorCode } from "../errors/codes.ts";
import type {
  CriticVerdict,
  SessionQuota,
  SessionRole,
  SessionWith,
  Strategy,
} from "../vocabulary/index.ts";

/** What a session is to do: its arguments, with the strategy that was chosen. */
export type SessionSpec = Omit<SessionWith, "strategy"> & { readonly strategy: Strategy };

/** Where a session stands in its tree when it begins. */
export interface SessionContext {
  /** Levels of steps that may still be below it. */
  readonly depthLeft: number;
  /** Steps that may be below it directly. */
  readonly fanOut: number;
  /** Ids of agents, the best first: who is meant to take part. */
  readonly agents: readonly string[];
}

/** A step below a session, as it is asked for. `name` is within the session. */
export interface ChildSpec {
  readonly name: string;
  readonly role: SessionRole;
  readonly title: string;
  readonly work:
    | {
        readonly kind: "agent";
        readonly capability: string;
        readonly input: Record<string, unknown>;
        readonly timeoutSeconds: number;
      }
    | { readonly kind: "session"; readonly with: Record<string, unknown> };
  /** Whom it is left to for a moment, before others take it. */
  readonly prefer: string | null;
}

export type ChildEnd = "succeeded" | "failed" | "cancelled";

/** What happened, as a session is told. Each may come again, and in any order. */
export type SessionEvent =
  | {
      readonly type: "child_ended";
      readonly name: string;
      readonly status: ChildEnd;
      readonly output: unknown;
      readonly error: { readonly code: string; readonly message: string } | null;
    }
  /** What it asked for last is more than is left: none of it was begun. */
  | {
      readonly type: "refused";
      readonly children: readonly string[];
      readonly quota: SessionQuota;
      readonly limit: number;
      readonly used: number;
      readonly asked: number;
    }
  /** Its own time is over. */
  | { readonly type: "timed_out" };

export interface Verdict {
  readonly round: number;
  readonly verdict: CriticVerdict;
  readonly score: number | null;
  readonly feedback: string;
  readonly doer: string;
  readonly reviewer: string;
}

/** What is to be done besides storing the new state. */
export type SessionEffect =
  | { readonly type: "spawn"; readonly children: readonly ChildSpec[] }
  | { readonly type: "cancel"; readonly children: readonly string[]; readonly reason: string }
  | ({ readonly type: "verdict" } & Verdict)
  | { readonly type: "finish"; readonly outcome: SessionOutcome };

export type SessionOutcome =
  | { readonly status: "succeeded"; readonly output: Record<string, unknown> }
  | {
      readonly status: "failed";
      readonly code: SessionErrorCode;
      readonly message: string;
      readonly data?: Readonly<Record<string, unknown>>;
    };

/** What a session fails with; none of them is tried again by itself. */
export type SessionErrorCode = Extract<
  StepErrorCode,
  "session_failed" | "review_rejected" | "quota_exceeded" | "deadline_exceeded"
>;

/** cancelling: told to end, and not heard of yet. */
export interface ChildState {
  readonly role: SessionRole;
  readonly round: number;
  readonly status: "open" | "cancelling" | ChildEnd;
}

/** All that a session knows, as it is stored. */
export interface SessionState {
  readonly spec: SessionSpec;
  readonly context: SessionContext;
  readonly round: number;
  readonly children: Readonly<Record<string, ChildState>>;
  /** What of the children's results is needed yet, by child. */
  readonly results: Readonly<Record<string, ChildResult>>;
  readonly outcome: SessionOutcome | null;
}

export interface ChildResult {
  readonly status: ChildEnd;
  readonly output: unknown;
  readonly error: string | null;
}

export interface SessionMove {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** One way of working together: what it begins with, and what it does when somebody has ended. */
export interface SessionStrategy {
  start(state: SessionState): SessionMove;
  /** The child was open: `state` has its end already. */
  ended(state: SessionState, child: EndedChild): SessionMove;
  /** Its time is over; nothing: it fails. */
  timedOut?(state: SessionState): SessionOutcome | undefined;
  /** After how many more ends it has something to decide, at least one. */
  wakeAfter(state: SessionState, open: number): number;
}

export type EndedChild = Extract<SessionEvent, { type: "child_ended" }>;

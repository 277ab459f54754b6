import type { Refused } from "@nofx/core/budgets";
import type { Route } from "@nofx/core/model-router";
import type { Plane } from "../command/plane.ts";
import type { SelectedRoute } from "../routing/index.ts";
import type { ModelCaller } from "./caller.ts";
import type { CallWishes } from "./wishes.ts";

export type EndpointName = "chat" | "responses" | "embeddings";

/** What became of an attempt: for counters, never with content. */
export interface AttemptTold {
  readonly endpoint: EndpointName;
  readonly outcome: "succeeded" | "failed" | "abandoned";
  /** As in `model_calls.error_code`. */
  readonly code: string | null;
  readonly latencyMs: number;
  readonly firstTokenMs: number | null;
}

/** How a process serves the endpoint. */
export interface EndpointHooks {
  /** Takes work that is to be done although the answer has gone out. Without it an answer ends after its books are closed. */
  readonly background?: ((work: Promise<void>) => void) | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly onAttempt?: ((attempt: AttemptTold) => void) | undefined;
}

/** One request, from when it is known what is wanted. */
export interface CallFrame {
  readonly plane: Plane;
  readonly hooks: EndpointHooks;
  readonly caller: ModelCaller;
  readonly wishes: CallWishes;
  /** A raw uuid. */
  readonly callId: string;
  readonly endpoint: EndpointName;
  /** The model as the caller named it. */
  readonly asked: string;
  readonly streamed: boolean;
  readonly runId: string | undefined;
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  readonly route: Extract<SelectedRoute, { ok: true }>;
  /** Where a budget wants that: other models that cost less and fit into what is left. */
  readonly findCheaper: (than: Route, refused: Refused) => Promise<readonly Route[]>;
  /** none: no kept answer was looked for. */
  readonly cache: "none" | "miss";
  /** Fires when the time is over, or when the caller is gone and its tenant wants that to stop the model. */
  readonly signal: AbortSignal;
  /** Fires when the caller is gone. */
  readonly gone: AbortSignal;
  /** By the clock that nobody sets. */
  readonly deadlineAt: number;
}

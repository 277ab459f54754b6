import type { ModelCapability } from "./model-id.ts";
import type { PicoUsd } from "./money.ts";

/** What conditions of rules may read of a request: `facts.name`. */
export type RouteFacts = Readonly<Record<string, string | number | boolean>>;

/** What a caller needs of a model. */
export interface RouteRequest {
  /** `provider/model`, a model's name or alias, `auto`, or `policy:NAME`; absent is `auto`. */
  readonly model?: string;
  readonly capabilities: readonly ModelCapability[];
  readonly inputTokens: number;
  /** The most it may answer. */
  readonly maxOutputTokens: number;
  /** How much it will likely answer, for comparing costs; absent: the most. */
  readonly expectedOutputTokens?: number;
  /** Regions that may see the request; absent: any. */
  readonly residency?: readonly string[];
  /** 0 to 1. */
  readonly qualityFloor?: number;
  readonly deadlineMs?: number;
  /** What the call may cost at most. */
  readonly budget?: PicoUsd;
  /** Requests with the same one go to the same place: a user, a conversation. */
  readonly stickyKey?: string;
  /** What shares are drawn by where there is no sticky key: the id of the call. */
  readonly callKey?: string;
  readonly facts: RouteFacts;
}

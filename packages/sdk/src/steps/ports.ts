import type { AgentClient, Clock, Fetch } from "../client/index.ts";
import type { NofxApiError } from "../errors/index.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { ModelPort } from "./models.ts";

/** What an execution needs of its process. */
export interface StepPorts {
  client: AgentClient;
  clock: Clock;
  fetch: Fetch;
  random: () => number;
  /** Where tasks that were built with models ask for them. */
  models?: ModelPort | undefined;
  /** Renews the leases of all steps of this process. */
  heartbeats: Heartbeats;
  /** Asks running handlers to stop. */
  shutdown: AbortSignal;
  /** Handlers that have not stopped are no longer waited for: their steps are given back. */
  abandon: AbortSignal;
  onRetry: (error: NofxApiError, waitMs: number) => void;
}

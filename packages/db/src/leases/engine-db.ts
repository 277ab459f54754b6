import type { Kysely } from "kysely";
import type { DB } from "../types.gen.ts";

/** A pool or a transaction: an engine call is one statement, so it works in either. */
export type EngineDb = Kysely<DB>;

/** Who executes: the worker by its name for any tenant, or an agent by its uuid within its own. */
export type Executor =
  | { readonly type: "worker"; readonly owner: string; readonly tenantId: null }
  | { readonly type: "agent"; readonly owner: string; readonly tenantId: string };

/** One claim of one step; every verb carries it. `tenantId` is null when the engine's own login speaks. */
export interface Claim {
  readonly stepId: string;
  readonly epoch: number;
  readonly tenantId: string | null;
}

/** What the caller passes to the doorbell after its commit. */
export interface Freed {
  readonly for_workers: number;
  readonly for_agents: number;
}

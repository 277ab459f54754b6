import { setPlaneMessages, sweepMessages, type Executor } from "@nofx/db/queries";
import type { ContentDeps } from "../content/content-kek.ts";
import { purgeDue, type PurgedFiles } from "./purge-due.ts";

/** What a worker does for messages: those whose time is over go, copies of what was redacted go. */
export interface MessageKeeper {
  /** Deletes messages that have been kept long enough; answers how many. */
  sweep(limit: number): Promise<number>;
  /** Looks for copies of what was redacted; answers at how many redactions it looked. */
  purge(files: PurgedFiles): Promise<number>;
  /** What holds for the plane: `purge_seconds`, and days by class for tenants that have not said otherwise. */
  setPolicy(policy: Readonly<Record<string, number>>): Promise<void>;
}

export function createMessageKeeper(
  db: Executor,
  deps: Pick<ContentDeps, "keks" | "clock">,
): MessageKeeper {
  return {
    sweep: (limit) => sweepMessages(db, limit),
    purge: (files) => purgeDue(db, deps, files),
    setPolicy: (policy) => setPlaneMessages(db, policy),
  };
}

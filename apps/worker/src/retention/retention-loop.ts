import type { WorkerEngine } from "@nofx/control/steps";
import type { Clock } from "@nofx/core/seams";
import type { Metrics } from "../metrics.ts";
import type { Fleet } from "../presence/fleet.ts";

/** Runs at a time: a batch holds its rows for a tenth of a second or two. */
const BATCH = 500;
const FILES = 100;
/** Between batches of a backlog, so that what is queued keeps the database to itself most of the time. */
const BUSY_MS = 100;
const IDLE_MS = 10_000;
const MOST_MS = 60_000;

/** Removes files of one tenant from storage; one that is not there counts as removed. */
export type RemoveFiles = (tenantId: string, paths: readonly string[]) => Promise<void>;

/**
 * Moves finished runs to the history, deletes what has been kept long enough, calls of models and what was said in them too, and
 * removes the files of what was deleted. Any
 * number of workers run this: each takes what no other holds, and many share one pace. After an error it waits longer and longer.
 */
export async function retentionLoop(
  options: {
    clock: Clock;
    fleet: Pick<Fleet, "pause">;
    engine: WorkerEngine;
    metrics: Metrics;
    removeFiles: RemoveFiles;
    /** Of the plane, as far as this worker was told. */
    policy: Readonly<Record<string, number | null>>;
  },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { clock, fleet, engine, policy } = options;
  let told = Object.keys(policy).length === 0;
  let well = true;
  let pause = IDLE_MS;
  while (!signal.aborted) {
    try {
      if (!told) await engine.setPlaneRetention(policy);
      told = true;
      pause = (await pass(options)) ? BUSY_MS : IDLE_MS;
      well = true;
    } catch (error) {
      if (well) onError(error);
      well = false;
      pause = Math.min(MOST_MS, pause * 2);
    }
    await clock.sleep(fleet.pause(pause), signal);
  }
}

/** Answers whether there may be more to do. */
async function pass(options: {
  engine: WorkerEngine;
  metrics: Metrics;
  removeFiles: RemoveFiles;
}): Promise<boolean> {
  const { engine, metrics } = options;
  const archived = await engine.archive(BATCH);
  metrics.count("nofx_runs_archived_total", {}, archived.runs);
  metrics.set("nofx_history_lag_seconds", archived.lag_seconds);
  const deleted = await engine.deleteHistory(BATCH);
  metrics.count("nofx_runs_deleted_total", {}, deleted.runs);
  const pruned = await engine.pruneEvents(BATCH * 10);
  const removed = await removeDue(options);
  await engine.destroyEndedKeys(BATCH);
  const swept = await engine.sweepModelCalls(BATCH);
  const messages = await engine.messages.sweep(BATCH);
  if (swept >= BATCH || messages >= BATCH) return true;
  return archived.runs >= BATCH || deleted.runs >= BATCH || pruned >= BATCH * 10 || removed;
}

async function removeDue(options: {
  engine: WorkerEngine;
  removeFiles: RemoveFiles;
}): Promise<boolean> {
  const due = await options.engine.filesToRemove(FILES);
  const byTenant = Map.groupBy(due, (file) => file.tenant_id);
  for (const [tenantId, files] of byTenant) {
    const paths = files.map((file) => file.path);
    await options.removeFiles(tenantId, paths);
    await options.engine.filesGone(paths);
  }
  return due.length === FILES;
}

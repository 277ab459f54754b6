import { setTimeout as delay } from "node:timers/promises";
import type { RunView } from "@nofx/core/api";
import { isTerminalRun } from "@nofx/core/vocabulary";
import type { Api } from "../client/api.ts";
import { Sentence } from "../errors.ts";

const POLL_MS = 250;
const REFRESH_MS = 2_000;

export type WatchedApi = Pick<Api, "run" | "events">;

export interface WatchOptions {
  signal: AbortSignal;
  /** Called with every new view of the run. */
  onView: (run: RunView) => Promise<void> | void;
  /** Given up after so long without any change. */
  stuckAfterMs: number;
  /** How often the cursor is asked. */
  pollMs?: number;
  /** The view is read anew this often even when no event says so: times and holds move by themselves. */
  refreshMs?: number;
}

/** Follows a run by the events' cursor until it ends; returns its last view. */
export async function watchRun(
  api: WatchedApi,
  runId: string,
  options: WatchOptions,
): Promise<RunView> {
  const { pollMs = POLL_MS, refreshMs = REFRESH_MS } = options;
  let run = await api.run(runId);
  let readAt = performance.now();
  let movedAt = readAt;
  let seq = run.seq;
  let seen = fingerprint(run);
  await options.onView(run);
  while (!isTerminalRun(run.status)) {
    await delay(pollMs, undefined, { signal: options.signal });
    const page = await api.events({ after: seq, runId });
    if (page.items.length === 0 && performance.now() - readAt < refreshMs) continue;
    seq = page.items.at(-1)?.seq ?? seq;
    run = await api.run(runId);
    readAt = performance.now();
    const now = fingerprint(run);
    if (now !== seen || page.items.length > 0) movedAt = readAt;
    seen = now;
    await options.onView(run);
    if (readAt - movedAt > options.stuckAfterMs) throw new Sentence(explainStuck(run, options));
  }
  return run;
}

function fingerprint(run: RunView): string {
  return JSON.stringify([
    run.status,
    run.stepList.map((step) => [step.status, step.holds, step.epoch, step.progress]),
  ]);
}

function explainStuck(run: RunView, { stuckAfterMs }: WatchOptions): string {
  const waiting = run.stepList
    .filter((step) => step.status !== "succeeded" && !step.holds.includes("dependency"))
    .map(
      (step) => `  ${step.name} is ${step.status}: ${step.waitingFor ?? `with ${step.executor}`}`,
    );
  return [
    `Nothing has moved for ${Math.round(stuckAfterMs / 1000)} s, so this stopped waiting. The run is ${run.id}.`,
    ...waiting,
  ].join("\n");
}

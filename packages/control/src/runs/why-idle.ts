import { findNearestSteps, type NearestStep, type RunRecord } from "@nofx/db/queries";
import type { CallerContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { sayHeldBack } from "./held-back.ts";
import { waitingFor } from "./waiting-for.ts";

type Seen = Pick<RunRecord, "id" | "status" | "paused_at">;

/** Of the runs that have work left and none of it at work, each with one sentence: what it waits for. */
export async function whyIdle(
  ctx: CallerContext,
  tx: CommandTransaction,
  runs: readonly Seen[],
): Promise<Map<string, string>> {
  const open = runs.filter(({ status }) => status === "queued" || status === "running");
  const nearest = await findNearestSteps(
    tx.db,
    open.map(({ id }) => id),
  );
  const resting = nearest.filter(({ status }) => status === "queued");
  const heldBack = await sayHeldBack(ctx, tx, resting);
  const byRun = new Map(resting.map((step) => [step.run_id, step]));
  return new Map(
    open.flatMap((run): [string, string][] => {
      const step = byRun.get(run.id);
      const sentence =
        step === undefined ? undefined : sentenceOf(run, step, heldBack.get(step.id));
      return sentence === undefined ? [] : [[run.id, sentence]];
    }),
  );
}

function sentenceOf(run: Seen, step: NearestStep, heldBack: string | undefined) {
  if (run.paused_at !== null) return "Paused.";
  if (heldBack !== undefined) return heldBack;
  // between two steps of a run that goes on: it is about to be claimed
  if (run.status === "running" && step.holds === 0 && step.due) return undefined;
  return waitingFor({ ...step, unmet: [] }) ?? undefined;
}

import { HistoryPage, ListHistoriesInput } from "@nofx/core/api";
import type { RunHistory } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { RunId, toId, toUuid } from "@nofx/core/vocabulary";
import { loadHistories, MAX_HISTORY_STEPS } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewHistory } from "./view.ts";

/** The tenant's runs that have not ended and have a step for one of these capabilities, oldest first, with all that is stored of them. */
export function listHistories(
  ctx: MemberContext,
  input: z.input<typeof ListHistoriesInput>,
): Promise<HistoryPage> {
  return runQuery(ctx, ListHistoriesInput, input, async (tx, { capabilities, cursor, limit }) => {
    const of = { capabilities: capabilities.split(",") };
    const page = await loadHistories(tx.db, { tenantId: ctx.tenantId, of, cursor, limit });
    const items: RunHistory[] = [];
    const left: string[] = [];
    for (const run of page.items) {
      const history = await viewHistory(ctx, tx, run);
      if (history === undefined) left.push(toId("run", run.id));
      else items.push(history);
    }
    return HistoryPage.parse({ items, nextCursor: page.nextCursor, total: null, left });
  });
}

export const RunHistoryInput = z.object({ runId: RunId });

/** What happened in one run, whatever its status: a file for CI to replay. */
export function getHistory(
  ctx: MemberContext,
  input: z.input<typeof RunHistoryInput>,
): Promise<RunHistory> {
  return runQuery(ctx, RunHistoryInput, input, async (tx, { runId }) => {
    const of = { runId: toUuid("run", runId) };
    const { items } = await loadHistories(tx.db, { tenantId: ctx.tenantId, of, limit: 1 });
    const [run] = items;
    if (run === undefined) {
      throw new NofxError("not_found", { detail: "There is no such run in this tenant." });
    }
    const history = await viewHistory(ctx, tx, run);
    if (history !== undefined) return history;
    throw new NofxError("conflict", {
      detail: `The run has more than ${MAX_HISTORY_STEPS} steps: more than a history tells of.`,
    });
  });
}

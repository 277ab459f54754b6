import { ListRunMessagesInput, type RunMessage, type RunMessagePage } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { RunId, toUuid } from "@nofx/core/vocabulary";
import { findHoldable, listRunMessages, type RunMessageRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewMessages } from "./view.ts";

export const RunMessagesQuery = ListRunMessagesInput.extend({ runId: RunId });

/** How often a tail looks again. */
const LOOK_MS = 250;

/**
 * What was said in a run, in order, with the place in the tree of whoever said it. `after` reads on; with `waitSeconds` it waits where
 * there is nothing yet, so that asking again and again with `next` is a live tail that misses nothing.
 */
export async function messagesOfRun(
  ctx: MemberContext,
  input: z.input<typeof RunMessagesQuery>,
  signal?: AbortSignal,
): Promise<RunMessagePage> {
  const { clock } = ctx.plane;
  const { waitSeconds } = RunMessagesQuery.parse(input);
  const until = clock.now() + waitSeconds * 1_000;
  for (;;) {
    const page = await look(ctx, input);
    const left = until - clock.now();
    if (page.items.length > 0 || left <= 0 || signal?.aborted === true) return page;
    await clock.sleep(Math.min(LOOK_MS, left), signal);
  }
}

function look(
  ctx: MemberContext,
  input: z.input<typeof RunMessagesQuery>,
): Promise<RunMessagePage> {
  return runQuery(ctx, RunMessagesQuery, input, async (tx, { runId, after, limit, type }) => {
    const { tenantId } = ctx;
    const id = toUuid("run", runId);
    const of = { tenantId, runId: id, after, type: type ?? null, limit };
    const rows = await listRunMessages(tx.db, of);
    if (
      rows.length === 0 &&
      (await findHoldable(tx.db, { tenantId, kind: "run", id })) === undefined
    ) {
      throw new NofxError("not_found", { detail: "There is no such run in this tenant." });
    }
    const page = rows.slice(0, limit);
    const views = await viewMessages(tx.db, ctx.plane, tenantId, page);
    const items = page.flatMap((row, i) => {
      const view = views[i];
      return view === undefined ? [] : [placed(row, view)];
    });
    return { items, next: page.at(-1)?.run_seq ?? after, more: rows.length > limit };
  });
}

function placed(row: RunMessageRecord, view: Omit<RunMessage, keyof Place>): RunMessage {
  return {
    ...view,
    runSeq: row.run_seq,
    depth: row.depth,
    path: row.path,
    role: row.role,
    stepName: row.step_name,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    held: row.held,
  };
}

type Place = Pick<
  RunMessage,
  "runSeq" | "depth" | "path" | "role" | "stepName" | "acknowledgedAt" | "held"
>;

import { EventPage, ListEventsInput } from "@nofx/core/api";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { listEvents as query, readHead } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

/** What has happened after a sequence. Nudges only say that there is something; this says what. */
export function listEvents(
  ctx: MemberContext,
  input: z.input<typeof ListEventsInput>,
): Promise<EventPage> {
  return runQuery(ctx, ListEventsInput, input, async (tx, { after, runId, limit }) => {
    const head = await readHead(tx.db, ctx.tenantId);
    const rows = await query(tx.db, {
      tenantId: ctx.tenantId,
      after,
      runId: runId === undefined ? null : toUuid("run", runId),
      limit,
    });
    const items = rows.slice(0, limit);
    const more = rows.length > limit;
    return EventPage.parse({
      items: items.map((row) => ({
        seq: row.seq,
        id: toId("event", row.id),
        type: row.type,
        at: row.at.toISOString(),
        actor: { type: row.actor_type, id: row.actor_id },
        runId: row.run_id === null ? null : toId("run", row.run_id),
        correlationId: row.correlation_id,
        payload: row.payload,
      })),
      seq: more ? (items.at(-1)?.seq ?? head) : Math.max(head, items.at(-1)?.seq ?? 0),
      more,
    });
  });
}

import { SendEventInput, type SentEvent } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { sendEvent as send } from "@nofx/db/leases";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";

/** Tells the steps that wait for it of something outside, and keeps it for those that ask later. */
export function sendEvent(
  ctx: MemberContext,
  input: z.input<typeof SendEventInput>,
): Promise<SentEvent> {
  const spec = { name: "events.send", permission: "run.control", input: SendEventInput } as const;
  return runCommand(ctx, spec, input, async (tx, { name, key, payload, runId }) => {
    const run = runId === undefined ? null : toUuid("run", runId);
    const event = { tenantId: ctx.tenantId, name, key: key ?? null, payload, runId: run };
    const sent = await send(tx.db, event, ctx.actor);
    if (sent === undefined) {
      throw new NofxError("not_found", { detail: "There is no such run in this tenant." });
    }
    tx.ring(sent);
    tx.emit({
      type: "event.received",
      payload: { event_id: sent.event_id, waiting: sent.waiting },
      ...(run === null ? {} : { runId: run }),
    });
    await tx.audit("event.received", {
      event_id: sent.event_id,
      name,
      payload_digest: ctx.plane.sha256(canonicalJson(payload)),
    });
    return { eventId: toId("externalEvent", sent.event_id), waiting: sent.waiting };
  });
}

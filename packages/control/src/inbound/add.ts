import { AddInboundReceiverInput, type AddedInboundReceiver } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { findPeople, insertReceiver, listReceivers } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { newWebhookSecret } from "../webhooks/secret.ts";
import { readReceiver } from "./view.ts";

const MOST = 20;

/** Adds a receiver: whoever signs with its secret is believed about what the members that it names decided. */
export async function addInboundReceiver(
  ctx: MemberContext,
  input: z.input<typeof AddInboundReceiverInput>,
): Promise<AddedInboundReceiver> {
  const secret = newWebhookSecret();
  const spec = {
    name: "inbound.add",
    permission: "settings.write",
    input: AddInboundReceiverInput,
  } as const;
  const receiver = await runCommand(ctx, spec, input, async (tx, asked) => {
    const actsFor = [...new Set(asked.actsFor)];
    const members = new Set(
      (await findPeople(tx.db, ctx.tenantId, actsFor)).map((one) => one.user_id),
    );
    const stranger = actsFor.findIndex((one) => !members.has(one));
    if (stranger >= 0) {
      const message = "is no member of this tenant";
      throw new NofxError("invalid_input", {
        detail: "A receiver speaks for members of this tenant only.",
        issues: [{ path: `/actsFor/${stranger}`, message }],
      });
    }
    if ((await listReceivers(tx.db, ctx.tenantId)).length >= MOST) {
      throw new NofxError("conflict", {
        detail: `A tenant has at most ${MOST} receivers. Remove one first.`,
      });
    }
    const id = ctx.plane.newUuid();
    const decisions = [...new Set(asked.decisions)];
    const subjects = [...new Set(asked.subjects)];
    const { name, description } = asked;
    const by = { id, tenantId: ctx.tenantId, createdBy: ctx.actor.id };
    const added = { ...by, name, description, actsFor, decisions, subjects, secret };
    if (!(await insertReceiver(tx.db, added))) {
      throw new NofxError("conflict", { detail: `There is a receiver named ${name} already.` });
    }
    await tx.audit("inbound_receiver.added", {
      receiver_id: id,
      name,
      acts_for: actsFor,
      decisions,
      subjects,
    });
    return readReceiver(ctx, tx, id);
  });
  return { receiver, secret: ctx.replayed ? null : secret };
}

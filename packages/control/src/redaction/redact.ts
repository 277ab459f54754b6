import { RedactInput, type RedactionView } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import {
  findHoldable,
  findRedaction,
  findRedactionTargets,
  insertRedaction,
  keepWanted,
  type RedactionKind,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { parseInput, runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { kekForContent } from "../content/content-kek.ts";
import { sealContent } from "../content/seal-content.ts";
import { applyRedaction, MOST_MESSAGES } from "./apply.ts";
import { noSuchRedaction, viewRedaction } from "./view.ts";
import { detailOf, finderOf, howOf, wantedOf, type Wanted } from "./wanted.ts";

const HOUR = 3_600_000;
const ASKED_HOURS = 72;

/**
 * Redacts a message, a conversation, or a run with what it left: whole, by field, by pattern or by text. At once where nothing of it is
 * under a legal hold; else when a second person has said yes.
 */
export function redact(
  ctx: MemberContext,
  input: z.input<typeof RedactInput>,
): Promise<RedactionView> {
  const parsed = parseInput(RedactInput, input);
  const wanted = wantedOf(parsed);
  finderOf(wanted);
  const spec = {
    name: "messages.redact",
    permission: "message.redact",
    input: RedactInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { reason }) => {
    const { tenantId, plane } = ctx;
    const of = targetOf(parsed);
    const found = await findHoldable(tx.db, { tenantId, ...of });
    if (found === undefined) {
      throw new NofxError("not_found", { detail: `There is no such ${of.kind} in this tenant.` });
    }
    const targets = await findRedactionTargets(tx.db, {
      tenantId,
      ...of,
      limit: MOST_MESSAGES + 1,
    });
    if (targets.length > MOST_MESSAGES) {
      throw new NofxError("payload_too_large", {
        detail: `That are more than ${MOST_MESSAGES} messages. Redact them by conversation.`,
      });
    }
    const held = found.held || targets.some((one) => one.held);
    const id = plane.newUuid();
    const by = { id: ctx.actor.id, name: ctx.name };
    const row = { id, kind: of.kind, ofId: of.id, how: howOf(wanted), detail: detailOf(wanted) };
    await insertRedaction(tx.db, { ...row, tenantId, reason, held, by });
    const told = {
      redaction_id: id,
      kind: of.kind,
      of: of.id,
      how: howOf(wanted),
      held,
      reason_digest: plane.sha256(canonicalJson(reason)),
    };
    await tx.audit("redaction.requested", told);
    if (held) await askSecondPerson(ctx, tx, { id, of, reason, messages: targets.length }, wanted);
    else await applyRedaction(ctx, tx, { id, kind: of.kind, of_id: of.id, reason }, wanted);
    const now = await findRedaction(tx.db, tenantId, { id });
    if (now === undefined) throw noSuchRedaction();
    return viewRedaction(now);
  });
}

function targetOf({ messageId, conversationId, runId }: z.output<typeof RedactInput>): {
  kind: RedactionKind;
  id: string;
} {
  if (messageId !== undefined) return { kind: "message", id: toUuid("message", messageId) };
  if (conversationId !== undefined) {
    return { kind: "conversation", id: toUuid("conversation", conversationId) };
  }
  return { kind: "run", id: toUuid("run", runId ?? "") };
}

/** What is held is redacted by two people: the question goes to the inbox of approvals, what is looked for is kept sealed. */
async function askSecondPerson(
  ctx: MemberContext,
  tx: CommandTransaction,
  about: { id: string; of: { kind: string; id: string }; reason: string; messages: number },
  wanted: Wanted,
): Promise<void> {
  const { tenantId, plane } = ctx;
  const approvalId = plane.newUuid();
  const shown = {
    redaction: { of: about.of.kind, how: howOf(wanted), ...detailOf(wanted) },
    messages: about.messages,
  };
  await tx.db
    .insertInto("approvals")
    .values({
      id: approvalId,
      tenant_id: tenantId,
      subject: "redaction",
      redaction_id: about.id,
      title: `Redaction of a ${about.of.kind} that is held`,
      question: "May this be destroyed although it is under a legal hold?",
      why: about.reason,
      arguments: JSON.stringify(shown),
      arguments_digest: plane.sha256(canonicalJson(shown)),
      requested_by_type: "member",
      requested_by: ctx.actor.id,
      requested_by_name: ctx.name,
      requester_user_id: ctx.actor.id,
      expires_at: new Date(plane.now().getTime() + ASKED_HOURS * HOUR),
      correlation_id: ctx.correlationId,
    })
    .execute();
  const kek = await kekForContent(tx.db, plane);
  const sealed = await sealContent(wanted, { tenantId, id: about.id }, kek);
  await keepWanted(tx.db, { tenantId, id: about.id, approvalId, ...sealed });
  tx.emit({
    type: "approval.requested",
    payload: { approval_id: approvalId, subject: "redaction" },
  });
}

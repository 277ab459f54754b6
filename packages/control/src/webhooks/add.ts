import { AddWebhookInput, type AddedWebhook } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { isNoticeType, NOTICE_TYPES } from "@nofx/core/notices";
import { countWebhooks, findPeople, insertWebhook, type NewWebhook } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { callable } from "./callable.ts";
import { newWebhookSecret } from "./secret.ts";
import { readWebhook } from "./view.ts";

/** So that one tenant's endpoints cannot take all places of the relays. */
const MOST = 20;

/**
 * Adds an endpoint, to be told of what happens from now on: an address of ours, a channel of Slack, or mails to members. A signing
 * secret is shown in this answer and never again.
 */
export async function addWebhook(
  ctx: MemberContext,
  input: z.input<typeof AddWebhookInput>,
): Promise<AddedWebhook> {
  const secret = newWebhookSecret();
  const spec = {
    name: "webhooks.add",
    permission: "settings.write",
    input: AddWebhookInput,
  } as const;
  const webhook = await runCommand(ctx, spec, input, async (tx, asked) => {
    const target = await targetOf(ctx, tx, asked, secret);
    if ((await countWebhooks(tx.db, ctx.tenantId)) >= MOST) {
      throw new NofxError("conflict", {
        detail: `A tenant has at most ${MOST} webhooks. Remove one first.`,
      });
    }
    const id = ctx.plane.newUuid();
    const { format, description, titles } = asked;
    const eventTypes = eventTypesOf(asked);
    await insertWebhook(tx.db, {
      id,
      tenantId: ctx.tenantId,
      format,
      description,
      titles,
      eventTypes,
      createdBy: ctx.actor.id,
      ...target,
    });
    const made = await readWebhook(ctx, tx, id);
    await tx.audit("webhook.added", {
      webhook_id: id,
      format,
      ...(format === "email"
        ? { recipients: target.recipients }
        : { host: new URL(target.url).host }),
      event_types: eventTypes,
    });
    return made;
  });
  return { webhook, secret: ctx.replayed || webhook.format !== "nofx" ? null : secret };
}

type Asked = z.output<typeof AddWebhookInput>;

/** Where it goes, as people see it and as a secret. */
async function targetOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  asked: Asked,
  sign: string,
): Promise<Pick<NewWebhook, "url" | "recipients" | "secret">> {
  if (asked.format === "email") {
    if (asked.url !== undefined) throw refusal("/url", "Mails have no address of their own.");
    return { url: "mailto:", recipients: await recipientsOf(ctx, tx, asked), secret: undefined };
  }
  if (asked.recipients.length > 0) throw refusal("/recipients", "Only mails have recipients.");
  const url = callable(ctx, asked.url);
  return asked.format === "slack"
    ? { url: `${url.origin}/…`, recipients: [], secret: { url: url.href } }
    : { url: asked.url ?? "", recipients: [], secret: { sign } };
}

async function recipientsOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  asked: Asked,
): Promise<string[]> {
  if (!ctx.plane.mail) {
    throw new NofxError("mail_off", {
      detail: "An operator sets NOFX_SMTP_URL and NOFX_MAIL_FROM, for workers and web.",
    });
  }
  const recipients = [...new Set(asked.recipients)];
  if (recipients.length === 0) throw refusal("/recipients", "A mail needs somebody to read it.");
  const members = new Set(
    (await findPeople(tx.db, ctx.tenantId, recipients)).map((one) => one.user_id),
  );
  const stranger = recipients.findIndex((one) => !members.has(one));
  if (stranger >= 0) {
    throw refusal(`/recipients/${stranger}`, "Mails go to members of this tenant only.");
  }
  return recipients;
}

/** People are told what is written for them; programs, whatever there is. */
function eventTypesOf({ format, events }: Asked): string[] {
  const types = [...new Set<string>(events)];
  if (format === "nofx") return types;
  const silent = types.findIndex((type) => !isNoticeType(type));
  if (silent >= 0) {
    throw refusal(
      `/events/${silent}`,
      `People are not told of ${types[silent]}. They can be told of ${NOTICE_TYPES.join(", ")}.`,
    );
  }
  return types.length === 0 ? [...NOTICE_TYPES] : types;
}

function refusal(path: string, message: string): NofxError {
  return new NofxError("invalid_input", { detail: message, issues: [{ path, message }] });
}

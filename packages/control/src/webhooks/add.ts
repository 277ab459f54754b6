import { AddWebhookInput, type AddedWebhook } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { countWebhooks, insertWebhook } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { AddressRefused } from "../net/address-refused.ts";
import { hostAndPort } from "../net/allowed-hosts.ts";
import { checkUrl } from "../net/check-url.ts";
import { newWebhookSecret } from "./secret.ts";
import { readWebhook } from "./view.ts";

/** So that one tenant's endpoints cannot take all places of the relays. */
const MOST = 20;

/** Adds an endpoint, to be told of what happens from now on. Its secret is shown in this answer and never again. */
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
  const webhook = await runCommand(ctx, spec, input, async (tx, { url, description, events }) => {
    refuseUnlessCallable(ctx, url);
    if ((await countWebhooks(tx.db, ctx.tenantId)) >= MOST) {
      throw new NofxError("conflict", {
        detail: `A tenant has at most ${MOST} webhooks. Remove one first.`,
      });
    }
    const id = ctx.plane.newUuid();
    const eventTypes = [...new Set(events)];
    await insertWebhook(tx.db, {
      id,
      tenantId: ctx.tenantId,
      url,
      description,
      eventTypes,
      secret,
      createdBy: ctx.actor.id,
    });
    const made = await readWebhook(ctx, tx, id);
    await tx.audit("webhook.added", {
      webhook_id: id,
      host: new URL(url).host,
      event_types: eventTypes,
    });
    return made;
  });
  return { webhook, secret: ctx.replayed ? null : secret };
}

/** Only as it is written: what its name leads to is judged at every delivery. */
function refuseUnlessCallable(ctx: MemberContext, text: string): void {
  const { allowedHosts } = ctx.plane;
  try {
    const url = checkUrl(text, allowedHosts);
    if (url.protocol === "https:" || allowedHosts.has(hostAndPort(url))) return;
  } catch (error) {
    if (!(error instanceof AddressRefused)) throw error;
    throw refusal(error.message);
  }
  throw refusal("A webhook needs an https address.");
}

function refusal(message: string): NofxError {
  return new NofxError("invalid_input", {
    detail: `${message} An operator can allow a host:port by NOFX_HTTP_ALLOW.`,
    issues: [{ path: "/url", message }],
  });
}

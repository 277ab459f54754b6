import { WebhookChoices } from "@nofx/core/api";
import { NOTICE_TYPES } from "@nofx/core/notices";
import { listMembers } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runQuery } from "../command/run-command.ts";

/** What a webhook or a receiver can be added with: whether there is a mail server, and who could be told or spoken for. */
export async function webhookChoices(ctx: MemberContext): Promise<WebhookChoices> {
  authorise(ctx, "settings.write");
  return runQuery(ctx, z.object({}), {}, async (tx) => {
    const members = await listMembers(tx.db, ctx.tenantId);
    return WebhookChoices.parse({
      mail: ctx.plane.mail,
      noticeTypes: NOTICE_TYPES,
      members: members.map(({ user_id: userId, ...one }) => ({ userId, ...one })),
    });
  });
}

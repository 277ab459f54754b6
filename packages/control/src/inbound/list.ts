import type { InboundReceivers } from "@nofx/core/api";
import { listReceivers } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runQuery } from "../command/run-command.ts";
import { viewReceiver } from "./view.ts";

/** The tenant's receivers of signed messages. */
export async function listInboundReceivers(
  ctx: MemberContext,
): Promise<z.infer<typeof InboundReceivers>> {
  authorise(ctx, "settings.write");
  return runQuery(ctx, z.object({}), {}, async (tx) => ({
    items: (await listReceivers(tx.db, ctx.tenantId)).map(viewReceiver),
  }));
}

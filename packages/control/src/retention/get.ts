import type { RetentionView } from "@nofx/core/api";
import { findRetention } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { toRetentionView } from "./view.ts";

/** How long this tenant's runs and events are kept, and where. */
export function getRetention(ctx: MemberContext): Promise<RetentionView> {
  return runQuery(ctx, z.object({}), {}, async (tx) =>
    toRetentionView(await findRetention(tx.db, ctx.tenantId)),
  );
}

import { ListWorkersInput, type WorkerPage } from "@nofx/core/api";
import { isAllowed } from "@nofx/core/vocabulary";
import { listWorkers as queryWorkers } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { operatesPlane, toWorkerView } from "./view.ts";

/** The plane's workers by name; the cursor is the last name. */
export function listWorkers(
  ctx: MemberContext,
  input: z.input<typeof ListWorkersInput>,
): Promise<WorkerPage> {
  return runQuery(ctx, ListWorkersInput, input, async (tx, { cursor, limit, all }) => {
    const rows = await queryWorkers(tx.db, { after: cursor, all, limit: limit + 1 });
    const items = rows.slice(0, limit);
    return {
      items: items.map(toWorkerView),
      nextCursor: rows.length > limit ? (items.at(-1)?.name ?? null) : null,
      total: null,
      plug: ctx.plane.plug !== undefined && isAllowed(ctx.role, "run.control"),
      mayDrain: isAllowed(ctx.role, "worker.manage") && (await operatesPlane(ctx, tx)),
    };
  });
}

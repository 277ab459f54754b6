import type { ApprovalArtifacts } from "@nofx/core/api";
import { listArtifacts } from "@nofx/db/queries";
import type { z } from "zod";
import { viewArtifact } from "../artifacts/get.ts";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { ApprovalInput, loadApproval } from "./list.ts";

/** Each is an address that was signed for this look. */
const MOST = 30;

/** The files under review: those that the asking step reads or made. Each opens by an address that is good for minutes. */
export function listApprovalArtifacts(
  ctx: MemberContext,
  input: z.input<typeof ApprovalInput>,
): Promise<z.infer<typeof ApprovalArtifacts>> {
  return runQuery(ctx, ApprovalInput, input, async (tx, { approvalId }) => {
    const { run_id, step_id } = await loadApproval(ctx, tx, approvalId);
    if (run_id === null || step_id === null) return { items: [] };
    const needs = await tx.db
      .selectFrom("step_dependencies_all")
      .select("depends_on")
      .where("step_id", "=", step_id)
      .execute();
    const parent = await tx.db
      .selectFrom("steps_all")
      .select("parent_step_id")
      .where("id", "=", step_id)
      .executeTakeFirst();
    const under = new Set([step_id, parent?.parent_step_id, ...needs.map((one) => one.depends_on)]);
    const rows = await listArtifacts(tx.db, { tenantId: ctx.tenantId, runId: run_id });
    const shown = rows.filter((row) => under.has(row.step_id)).slice(0, MOST);
    return { items: await Promise.all(shown.map((row) => viewArtifact(ctx, row))) };
  });
}

import { WaitView } from "@nofx/core/api";
import { isAllowed, toId } from "@nofx/core/vocabulary";
import type { WaitRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";

/** What a step waits for, as the person who asks sees it. */
export function viewWait(ctx: MemberContext, row: WaitRecord): WaitView {
  return WaitView.parse({
    id: toId("wait", row.id),
    runId: toId("run", row.run_id),
    stepId: toId("step", row.step_id),
    stepName: row.step_name,
    name: row.name,
    option: row.option,
    kind: row.kind,
    topic: row.topic,
    key: row.key,
    dueAt: row.due_at?.toISOString() ?? null,
    question: row.question,
    approvalId: row.approval_id === null ? null : toId("approval", row.approval_id),
    status: row.status,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    canAnswer: row.kind === "person" && row.status === "open" && isAllowed(ctx.role, "run.control"),
  });
}

import { transitionApproval, transitionWait } from "../machine/index.ts";
import type { EngineModel, ModelWait } from "./state.ts";

/** Steps that have ended wait for nothing, and nobody needs to answer what they asked. */
export function closeWaits(model: EngineModel, stepIds: readonly string[]): void {
  for (const wait of model.waits) if (stepIds.includes(wait.stepId)) endWait(wait, "cancel");
  for (const approval of model.approvals.values())
    if (stepIds.includes(approval.stepId)) withdraw(model, approval.id);
}

/** Ends an option that is open; another is left as it is. */
export function endWait(wait: ModelWait, event: "lose" | "cancel"): boolean {
  const moved = transitionWait(wait.status, event);
  if (moved.ok) wait.status = moved.next;
  return moved.ok;
}

export function withdraw(model: EngineModel, approvalId: string): void {
  const approval = model.approvals.get(approvalId);
  if (approval === undefined) return;
  const moved = transitionApproval(
    { status: approval.status, requesterUserId: null, argumentsDigest: "", overdue: false },
    { type: "cancel" },
  );
  if (moved.ok) approval.status = moved.next;
}

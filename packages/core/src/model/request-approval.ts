import type { ApprovalStatus } from "../vocabulary/index.ts";
import { HOLD_BITS } from "../vocabulary/index.ts";
import { transitionApproval } from "../machine/index.ts";
import { finish } from "./finish.ts";
import { meetWaits } from "./meet-waits.ts";
import { mustMove } from "./move-step.ts";
import { openQuestion } from "./open-question.ts";
import { ownedStep, stepOf, type ModelClaim } from "./rows.ts";
import type { EngineModel } from "./state.ts";
import { suspend } from "./wait.ts";

/** An executor asks people; the same question under the same name gets the answer that it got. `null`: lease_lost. */
export function requestApproval(
  model: EngineModel,
  claim: ModelClaim,
  name: string,
  digest: string,
  now: number,
): { readonly status: ApprovalStatus; readonly held: boolean } | null {
  const step = ownedStep(model, claim, now);
  if (step === null) return null;
  const { status } = openQuestion(model, step, name, digest);
  if (status === "pending") suspend(model, step, HOLD_BITS.approval, now);
  return { status, held: status === "pending" };
}

/** Carries people's answer, or that none came, to the step that waits for it. False: it was closed already. */
export function decideApproval(
  model: EngineModel,
  approvalId: string,
  decision: "approve" | "reject" | "expire",
  now: number,
): boolean {
  const approval = model.approvals.get(approvalId);
  if (approval === undefined) return false;
  const state = {
    status: approval.status,
    requesterUserId: null,
    argumentsDigest: approval.digest,
    overdue: decision === "expire",
  };
  const event =
    decision === "expire"
      ? ({ type: decision } as const)
      : ({ type: decision, userId: "person", role: "supervisor" } as const);
  const moved = transitionApproval(state, event);
  if (!moved.ok) return false;
  approval.status = moved.next;
  const step = stepOf(model, approval.stepId);
  const wait = model.waits.find((one) => one.approvalId === approvalId && one.status === "open");
  if (wait !== undefined) {
    const payload = { status: approval.status };
    meetWaits(model, [{ waitId: wait.id, payload, source: null }], now);
  } else if (step.status === "queued" && (step.holds & HOLD_BITS.approval) !== 0) {
    if (approval.subject === "step" || approval.status === "approved") {
      mustMove(model, step, { type: "wake", holds: ["approval"] }, { now });
    } else {
      const code = approval.status === "expired" ? "approval_expired" : "approval_rejected";
      mustMove(model, step, { type: "deny" }, { now, error: { code } });
      finish(model, [], [step.id], now);
    }
  }
  return true;
}

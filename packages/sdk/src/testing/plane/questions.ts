import { canonicalJson } from "@nofx/core/canonical";
import type { AgentRequest, ApprovalAnswer } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { requestApproval } from "@nofx/core/model";
import { answerOf } from "./claims.ts";
import type { PlaneState, Question } from "./state.ts";

const THREE_DAYS = 259_200;

/** Asks people, once per name: the same question under the same name gets the answer that it got. */
export function askPeople(
  state: PlaneState,
  stepId: string,
  request: AgentRequest<"approval">,
): ApprovalAnswer {
  const { name, epoch, question, tool } = request;
  const args = request.details ?? {};
  const digest =
    tool === undefined
      ? canonicalJson([question, args])
      : useDigest(state, tool, request.target, args);
  const { model, time } = state;
  const answer = requestApproval(model, { stepId, epoch }, name, digest, time.now);
  if (answer === null) throw new NofxError("lease_lost");
  const approval = [...model.approvals.values()].find(
    (one) => one.stepId === stepId && one.name === name && one.digest === digest,
  );
  if (approval === undefined) throw new Error(`${name} was asked and is not there.`);
  noteQuestion(state, approval.id, {
    stepId,
    name,
    question,
    arguments: args,
    editable: request.editable,
    tool,
    expiresAt: time.now + (request.expiresInSeconds ?? THREE_DAYS) * 1_000,
  });
  return answerOf(state, approval.id);
}

/** What people read of a question; the first words stay. */
export function noteQuestion(
  state: PlaneState,
  approvalId: string,
  asked: Omit<Question, "edited" | "reason" | "by" | "used">,
): void {
  if (state.questions.has(approvalId)) return;
  state.questions.set(approvalId, {
    ...asked,
    edited: undefined,
    reason: null,
    by: null,
    used: false,
  });
}

/** What a yes to one use of a tool is bound to. */
export function useDigest(
  state: PlaneState,
  tool: string,
  target: string | undefined,
  args: Record<string, unknown>,
): string {
  return canonicalJson([tool, state.tools[tool]?.version ?? "1", target ?? null, args]);
}

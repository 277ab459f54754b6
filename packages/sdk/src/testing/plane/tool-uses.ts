import { toolCheckpoint, type AgentRequest, type AgentResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { checkpoint } from "@nofx/core/model";
import { useDigest } from "./questions.ts";
import type { PlaneState } from "./state.ts";

/** Notes that a tool is about to be used; where it needs people's yes, the yes is used up by it. */
export function beginUse(
  state: PlaneState,
  stepId: string,
  tool: string,
  request: AgentRequest<"toolBegin">,
): AgentResponse<"toolBegin"> {
  const toolVersion = state.tools[tool]?.version ?? "1";
  const digest = useDigest(state, tool, request.target, request.arguments);
  const uses = state.uses.get(stepId) ?? new Map();
  state.uses.set(stepId, uses);
  const known = uses.get(request.name);
  if (known !== undefined) {
    if (known.status === "intended") known.status = "unknown";
    const edited = known.edited === undefined ? {} : { arguments: known.edited };
    return { toolRunId: known.id, toolVersion, status: known.status, ...edited };
  }
  const grant = grantFor(state, stepId, tool, digest);
  if (state.tools[tool]?.approval === true && grant === undefined) {
    throw new NofxError("approval_required", {
      detail: `Nobody has approved ${tool} with exactly these arguments, or the yes is used up.`,
    });
  }
  if (grant !== undefined) grant.used = true;
  const id = state.ids.make("toolRun");
  uses.set(request.name, { id, tool, digest, edited: grant?.edited, status: "intended" });
  return { toolRunId: id, toolVersion, status: "intended" };
}

/** An unused yes of people for exactly these arguments, as asked or as they changed them. */
function grantFor(state: PlaneState, stepId: string, tool: string, digest: string) {
  for (const [id, question] of state.questions) {
    if (question.stepId !== stepId || question.tool !== tool || question.used) continue;
    const approval = state.model.approvals.get(id);
    if (approval?.status !== "approved") continue;
    const granted =
      question.edited === undefined
        ? approval.digest
        : useDigest(state, tool, undefined, question.edited);
    if (granted === digest) return question;
  }
  return undefined;
}

/** Notes how a use ended; its result becomes a checkpoint. */
export function endUse(
  state: PlaneState,
  stepId: string,
  { name, epoch, status, result }: AgentRequest<"toolEnd">,
): AgentResponse<"toolEnd"> {
  const use = state.uses.get(stepId)?.get(name);
  if (use === undefined) throw new NofxError("not_found");
  if (result !== undefined) {
    const claim = { stepId, epoch };
    checkpoint(state.model, claim, toolCheckpoint(name), result, null, state.time.now);
  }
  use.status = status;
  return { toolRunId: use.id, status };
}

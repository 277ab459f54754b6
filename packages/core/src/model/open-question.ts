import { nextId } from "./rows.ts";
import type { EngineModel, ModelApproval, ModelStep } from "./state.ts";

/** The question of that name and content; one that is still open under the name with other content gives way to it. */
export function openQuestion(
  model: EngineModel,
  step: ModelStep,
  name: string,
  digest: string,
): ModelApproval {
  const asked = [...model.approvals.values()].filter(
    (one) => one.stepId === step.id && one.subject === "step" && one.name === name,
  );
  for (const one of asked)
    if (one.digest !== digest && one.status === "pending") one.status = "superseded";
  const same = asked.find((one) => one.digest === digest);
  if (same !== undefined) return same;
  const approval: ModelApproval = {
    id: nextId(model, "approval"),
    subject: "step",
    stepId: step.id,
    name,
    digest,
    status: "pending",
  };
  model.approvals.set(approval.id, approval);
  return approval;
}

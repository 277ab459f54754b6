import type { AgentRequest, AgentResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { spawn } from "@nofx/core/model";
import type { PlaneState } from "./state.ts";

/** Adds children to a step, each name once. */
export function spawnChildren(
  state: PlaneState,
  claim: { stepId: string; epoch: number },
  children: AgentRequest<"spawn">["children"],
): AgentResponse<"spawn"> {
  const drafts = children.map((child) => ({
    name: child.name,
    kind: child.kind,
    arguments: child.with,
    ...(child.kind === "agent" && { capability: child.with.capability }),
    ...(child.maxFailures !== undefined && { maxFailures: child.maxFailures }),
    ...(child.deadlineSeconds !== undefined && { deadlineMs: child.deadlineSeconds * 1_000 }),
  }));
  const spawned = spawn(state.model, claim, drafts, state.time.now);
  if (spawned === null) throw new NofxError("lease_lost");
  return {
    children: spawned.map(({ name, step }, i) => {
      if (step === null) {
        throw new NofxError("conflict", {
          detail: "The run is being cancelled: no steps are added to it any more.",
        });
      }
      const { title } = children[i] ?? {};
      if (title !== undefined) state.titles.set(step.id, title);
      return { name, stepId: state.ids.of("step", step.id), status: step.status };
    }),
  };
}

import type { AgentIdentity } from "@nofx/core/contract";
import type { StepOutcome } from "../steps/index.ts";
import type { StepInfo } from "../tasks/index.ts";

/** What a running agent tells about itself. */
export type AgentEvent =
  | { type: "started"; agent: AgentIdentity; capabilities: readonly string[] }
  | { type: "capability.missing"; capability: string }
  | { type: "step.started"; step: StepInfo }
  | { type: "step.ended"; step: StepInfo; outcome: StepOutcome; error?: unknown; waitsFor?: string }
  | { type: "retrying"; error: Error; waitMs: number }
  | { type: "draining"; running: number }
  | { type: "stopped" };

/** An event as one line, for people. */
export function describeEvent(event: AgentEvent): string {
  switch (event.type) {
    case "started":
      return `agent ${event.agent.name} offers ${event.capabilities.join(", ")}`;
    case "capability.missing":
      return `this agent's key does not allow ${event.capability}: its steps will not come here`;
    case "step.started":
      return `${nameOf(event.step)}: started (attempt ${event.step.attempt}, ${event.step.runId})`;
    case "step.ended":
      return `${nameOf(event.step)}: ${event.outcome}${whyOf(event)}`;
    case "retrying":
      return `${event.error.message}; trying again in ${(event.waitMs / 1_000).toFixed(1)} s`;
    case "draining":
      return `stopping; ${event.running} ${event.running === 1 ? "step is" : "steps are"} still running`;
    case "stopped":
      return "stopped";
  }
}

function nameOf({ name, capability }: StepInfo): string {
  return name === capability ? name : `${name} (${capability})`;
}

function whyOf({ error, waitsFor }: { error?: unknown; waitsFor?: string }): string {
  if (waitsFor !== undefined) return `, waits for ${waitsFor}`;
  return error instanceof Error ? `: ${error.message}` : "";
}

import type { PlannedStep } from "../planner/index.ts";

/** Names of the tools that an agent step may use: `with.tools`. */
export function toolsOf(step: Pick<PlannedStep, "kind" | "with">): string[] {
  const { tools } = step.with;
  if (step.kind !== "agent" || !Array.isArray(tools)) return [];
  return tools.filter((tool): tool is string => typeof tool === "string");
}

import { examplePlan } from "../example-plan.ts";
import type { GateRule } from "../rule.ts";
import { toolsOf } from "../tools-of.ts";

const agent = (tools: readonly string[], sensitive = false) =>
  ({
    name: "work",
    kind: "agent",
    capability: "ops",
    with: { tools },
    sensitive,
    owner: "ops",
  }) as const;

const deploy = { sensitivity: "critical", version: "1", requiresApproval: false } as const;

/** Tools that can do harm, in steps that ask nobody. */
export const toolSensitivity: GateRule = {
  name: "tool_sensitivity",
  finds:
    "With.tools names a tool of high or critical sensitivity and nobody is asked; or one that is not in the catalogue, or retired.",
  gate: "risk",
  verdict: "warn",
  tip: "Have the tool require approval for each call, or mark the item as sensitive.",
  *judge({ steps, facts }) {
    const { tools } = facts;
    if (tools === undefined) return;
    for (const step of steps) {
      for (const name of toolsOf(step)) {
        const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
        if (tool === undefined || tool.retired === true) {
          yield {
            step: step.name,
            reason: `Step "${step.name}" names the tool "${name}", which is ${tool === undefined ? "not in the tool catalogue" : "retired"}.`,
            evidence: { tool: name, ...(tool !== undefined && { version: tool.version }) },
            tip: "Add the tool to the catalogue with its sensitivity, or take it out of the step's tools.",
          };
          continue;
        }
        const { sensitivity, version, requiresApproval } = tool;
        if (sensitivity !== "high" && sensitivity !== "critical") continue;
        if (step.sensitive || requiresApproval) continue;
        yield {
          step: step.name,
          reason: `Step "${step.name}" may use the tool "${name}" of ${sensitivity} sensitivity without anybody's approval.`,
          evidence: { tool: name, version, sensitivity },
        };
      }
    }
  },
  examples: {
    passes: examplePlan([agent(["deploy"], true)], { tools: { deploy } }),
    fails: examplePlan([agent(["deploy"])], { tools: { deploy } }),
  },
};

import type { AgentClient, CallOptions } from "../client/index.ts";
import type { AgentEvent } from "./events.ts";

/** Says who this is, waiting for the control plane if need be, and returns the capabilities that may be claimed. */
export async function introduce(
  client: AgentClient,
  wanted: readonly string[],
  emit: (event: AgentEvent) => void,
  options: CallOptions,
): Promise<string[]> {
  const agent = await client.call("whoAmI", {}, undefined, options);
  const allowed = wanted.filter((capability) => agent.capabilities.includes(capability));
  if (allowed.length === 0) {
    throw new Error(
      `Agent "${agent.name}" may not do any of ${wanted.join(", ")}: ` +
        `its key allows ${agent.capabilities.join(", ") || "nothing"}.`,
    );
  }
  emit({ type: "started", agent, capabilities: allowed });
  for (const capability of wanted) {
    if (!allowed.includes(capability)) emit({ type: "capability.missing", capability });
  }
  return allowed;
}

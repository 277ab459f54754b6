import type { AgentClient, CallOptions } from "../client/index.ts";
import { NofxApiError } from "../errors/index.ts";
import type { Agent } from "./define-agent.ts";
import { describeTasks, runtimeName } from "./describe-tasks.ts";
import type { AgentEvent } from "./events.ts";

/** A control plane from before agents introduced themselves. */
const UNKNOWN = new Set(["not_found", "method_not_allowed", "bad_response"]);

/**
 * Says who this is and what it takes, waiting for the control plane if need be, and returns the capabilities that may be
 * claimed.
 */
export async function introduce(
  client: AgentClient,
  { tasks, version, concurrency }: Pick<Agent, "tasks" | "version" | "concurrency">,
  worker: string,
  emit: (event: AgentEvent) => void,
  options: CallOptions,
): Promise<string[]> {
  const wanted = [...tasks.keys()];
  const agent = await client.call("whoAmI", {}, undefined, options);
  const allowed = wanted.filter((capability) => agent.capabilities.includes(capability));
  if (allowed.length === 0) {
    throw new Error(
      `Agent "${agent.name}" may not do any of ${wanted.join(", ")}: ` +
        `its key allows ${agent.capabilities.join(", ") || "nothing"}.`,
    );
  }
  const told = describeTasks(tasks.values());
  const self = { version, tasks: told, concurrency, runtime: runtimeName(), worker };
  await client.call("introduce", {}, self, options).catch((error: unknown) => {
    if (!NofxApiError.is(error) || !UNKNOWN.has(error.code)) throw error;
  });
  emit({ type: "started", agent, capabilities: allowed });
  for (const capability of wanted) {
    if (!allowed.includes(capability)) emit({ type: "capability.missing", capability });
  }
  return allowed;
}

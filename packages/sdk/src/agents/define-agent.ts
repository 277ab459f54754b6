import type { AnyTask } from "../tasks/index.ts";
import { runAgent, type RunOptions, type RunSummary } from "./run-agent.ts";

export interface AgentDefinition {
  /** Of the code, as its author counts: shown to people, and what runs are pinned to. `0` unless told. */
  version?: string;
  /** One task a capability. */
  tasks: readonly AnyTask[];
  /** How many steps at once; 1 unless told. */
  concurrency?: number;
}

export interface Agent {
  readonly tasks: ReadonlyMap<string, AnyTask>;
  readonly concurrency: number;
  readonly version: string;
  /** Works until `signal`, SIGINT or SIGTERM, then drains. Rejects when the control plane refuses the agent. */
  run(options: RunOptions): Promise<RunSummary>;
}

/** An agent: its tasks, and how many steps it executes at once. */
export function defineAgent(definition: AgentDefinition): Agent {
  const concurrency = definition.concurrency ?? 1;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new TypeError(`concurrency: expected a whole number from 1, got ${concurrency}`);
  }
  if (definition.tasks.length === 0) throw new TypeError("tasks: an agent needs at least one");
  const tasks = new Map<string, AnyTask>();
  for (const task of definition.tasks) {
    if (tasks.has(task.capability)) {
      throw new TypeError(`tasks: two of them have the capability "${task.capability}"`);
    }
    tasks.set(task.capability, task);
  }
  const { version = "0" } = definition;
  const agent: Agent = { tasks, concurrency, version, run: (options) => runAgent(agent, options) };
  return agent;
}

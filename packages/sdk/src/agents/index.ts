export { defineAgent, type Agent, type AgentDefinition } from "./define-agent.ts";
export { describeEvent, type AgentEvent } from "./events.ts";
export type { RunOptions, RunSummary } from "./run-agent.ts";

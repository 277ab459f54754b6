import { z } from "zod";

/**
 * active takes steps; draining ends what it holds and takes none; quarantined holds nothing and takes none until people or its
 * breaker let it; retired has no keys any more and is kept for what refers to it.
 */
export const AgentStatus = z.enum(["active", "draining", "quarantined", "retired"]);
export type AgentStatus = z.infer<typeof AgentStatus>;

/** What a key or a token of an agent is for. */
export const AgentScope = z.enum([
  "steps:run",
  "messages:read",
  "messages:write",
  "models:call",
  "artifacts:write",
  "agents:read",
  "agents:write",
]);
export type AgentScope = z.infer<typeof AgentScope>;

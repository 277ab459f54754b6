import { z } from "zod";
import { AgentId, TenantId } from "../vocabulary/ids.ts";
import { Capability } from "../vocabulary/steps.ts";

export const AGENT_KEY_PREFIX = "nofx_ak_";

/** `Authorization: Bearer nofx_ak_…` */
export const AgentKey = z
  .string()
  .regex(/^nofx_ak_[A-Za-z0-9_-]{16,200}$/, "expected an agent key that begins with nofx_ak_");

/** `GET /agent`: whose key this is. */
export const AgentIdentity = z.object({
  agentId: AgentId,
  name: z.string(),
  tenantId: TenantId,
  capabilities: z.array(Capability),
});
export type AgentIdentity = z.infer<typeof AgentIdentity>;

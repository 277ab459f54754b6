import { z } from "zod";
import { AgentId, HttpUrl, WebhookDisabledReason, WebhookStatus } from "../vocabulary/index.ts";
import { AgentRef } from "./agents.ts";
import { Timestamp } from "./paging.ts";

/** Where the steps of an agent that is a function are posted to. */
export const AgentEndpointView = z.object({
  agentId: AgentId,
  url: z.string(),
  maxConcurrency: z.int(),
  timeoutSeconds: z.int(),
  status: WebhookStatus,
  disabledReason: WebhookDisabledReason.nullable(),
  attempts: z.int().meta({ description: "Calls in vain since the last that was taken" }),
  failingSince: Timestamp.nullable(),
  lastError: z.string().nullable(),
  nextAt: Timestamp.meta({ description: "Nothing is posted before this" }),
  pushedAt: Timestamp.nullable(),
  createdAt: Timestamp,
});
export type AgentEndpointView = z.infer<typeof AgentEndpointView>;

export const SetAgentEndpointInput = z.object({
  agentId: AgentRef,
  url: HttpUrl.meta({
    description: "https, or what the operator has allowed by NOFX_HTTP_ALLOW",
  }),
  maxConcurrency: z.int().min(1).max(1_000).default(10).meta({
    description: "How many steps the function may hold at once; the agent's own limit counts too",
  }),
  timeoutSeconds: z.int().min(5).max(900).default(300).meta({
    description:
      "How long one call may last where it runs. A step that takes longer is given back in time and goes on in the next",
  }),
});
export type SetAgentEndpointInput = z.infer<typeof SetAgentEndpointInput>;

const secret = z.string().nullable().meta({
  description:
    "`whsec_…`, for handlePush of the SDK (Standard Webhooks). Shown once: null when the endpoint was there, or the answer is repeated for the same Idempotency-Key",
});
export const SetAgentEndpoint = z.object({ endpoint: AgentEndpointView, secret });
export type SetAgentEndpoint = z.infer<typeof SetAgentEndpoint>;

export const SwitchAgentEndpointInput = z.object({ agentId: AgentRef, active: z.boolean() });
export type SwitchAgentEndpointInput = z.infer<typeof SwitchAgentEndpointInput>;

export const RotatedAgentEndpointSecret = z.object({
  agentId: AgentId,
  secret,
  previousUntil: Timestamp.meta({ description: "Until then both secrets sign" }),
});
export type RotatedAgentEndpointSecret = z.infer<typeof RotatedAgentEndpointSecret>;

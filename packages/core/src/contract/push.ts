import { z } from "zod";
import { ClaimedStep } from "./steps.ts";

/**
 * What the control plane posts to an agent that is a function: a step that was claimed for it, signed as Standard Webhooks
 * says. Everything after that is the ordinary agent API, at `url` and with `token`.
 */
export const PushedStep = z.object({
  type: z.literal("step.claimed"),
  version: z.literal(1),
  url: z.url().meta({ description: "Where the agent API is" }),
  token: z.string().meta({ description: "Of the agent, for this step; short-lived" }),
  leaseSeconds: z.number().positive(),
  timeoutSeconds: z.number().positive().meta({
    description: "How long this call may last; a step that takes longer is given back in time",
  }),
  step: ClaimedStep,
});
export type PushedStep = z.infer<typeof PushedStep>;

/** What such a call answers with, once the step is settled. Nothing is decided by it: the lease is. */
export const PushAnswer = z.object({
  outcome: z.enum(["succeeded", "failed", "suspended", "released", "lost", "repeated"]),
});
export type PushAnswer = z.infer<typeof PushAnswer>;

import { z } from "zod";

/** How a tenant wants strategies to be chosen. */
export const DispatchSettings = z.strictObject({
  holdOut: z.number().min(0).max(0.5).default(0.1).meta({
    description:
      "Share of choices made uniformly at random, so that the others can be measured against them",
  }),
  successUsd: z.number().positive().max(1_000_000).default(10).meta({
    description:
      "What a success is worth, in US dollars; three times as much where the risk is high",
  }),
  hourUsd: z.number().min(0).max(1_000_000).default(2).meta({
    description: "What an hour of waiting costs, in US dollars",
  }),
  preferSeconds: z.number().min(0).max(600).default(5).meta({
    description: "How long a step that was meant for one agent is left to it alone",
  }),
});
export type DispatchSettings = z.infer<typeof DispatchSettings>;

import { z } from "zod";

const holdOut = z.number().min(0).max(0.5).meta({
  description:
    "Share of choices made uniformly at random, so that the others can be measured against them",
});
const successUsd = z.number().positive().max(1_000_000).meta({
  description: "What a success is worth, in US dollars; three times as much where the risk is high",
});
const hourUsd = z.number().min(0).max(1_000_000).meta({
  description: "What an hour of waiting costs, in US dollars",
});
const preferSeconds = z.number().min(0).max(600).meta({
  description: "How long a step that was meant for one agent is left to it alone",
});

/** How a tenant wants strategies to be chosen. */
export const DispatchSettings = z.strictObject({
  holdOut: holdOut.default(0.1),
  successUsd: successUsd.default(10),
  hourUsd: hourUsd.default(2),
  preferSeconds: preferSeconds.default(5),
});
export type DispatchSettings = z.infer<typeof DispatchSettings>;

/** What is left out stays as it is. */
export const DispatchSettingsChange = z.strictObject({
  holdOut: holdOut.optional(),
  successUsd: successUsd.optional(),
  hourUsd: hourUsd.optional(),
  preferSeconds: preferSeconds.optional(),
});

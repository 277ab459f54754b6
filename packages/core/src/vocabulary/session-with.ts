import { z } from "zod";
import { Capability } from "./capability.ts";
import { Strategy, SwarmMode } from "./strategies.ts";
import { StorableJson, storableText } from "./text.ts";

/** What holds of a session that does not say otherwise. */
export const SESSION_DEFAULTS = {
  rounds: 3,
  members: 3,
  depth: 3,
  fanOut: 32,
  agents: 100,
  seconds: 86_400,
  failures: 10,
} as const;

export const MAX_MEMBERS = 100;

/** `with` of a `session` step: several agents on one piece of work. */
export const SessionWith = z
  .strictObject({
    strategy: z
      .enum(["auto", ...Strategy.options])
      .default("auto")
      .meta({
        description:
          "How they work together; `auto` lets the dispatcher choose on what was measured",
      }),
    capability: Capability,
    input: StorableJson.default({}),
    reviewer: Capability.optional().meta({
      description: "Pair: who reviews; the same capability where absent",
    }),
    rounds: z.int().min(1).max(10).optional().meta({ description: "Pair: reviews at most" }),
    agents: z
      .union([
        z.strictObject({ n: z.int().min(1).max(MAX_MEMBERS) }),
        z.array(storableText(200, 1)).min(1).max(MAX_MEMBERS),
      ])
      .optional()
      .meta({
        description: "How many, or which by name: those are asked first, others stand in for them",
      }),
    mode: SwarmMode.optional().meta({ description: "Swarm: how it comes to its result" }),
    quorum: z.int().min(1).max(MAX_MEMBERS).optional().meta({
      description: "Vote: how many have to agree; more than half where absent",
    }),
    enough: z.number().optional().meta({
      description: "Best of n: a score that ends the search",
    }),
    depth: z.int().min(1).max(7).optional().meta({ description: "Levels below it, at most" }),
    fanOut: z.int().min(1).max(1_000).optional().meta({
      description: "Steps that any one of its steps may have below it",
    }),
    maxAgents: z.int().min(1).max(10_000).optional().meta({
      description: "Steps of agents in all of it, at any depth",
    }),
    budgetUsd: z.number().positive().max(1_000_000).optional().meta({
      description: "What all of it may spend on models, at any depth",
    }),
    seconds: z.int().min(1).max(2_592_000).optional().meta({
      description: "How long it may take, waiting included",
    }),
    timeoutSeconds: z.int().min(1).max(86_400).default(3_600).meta({
      description: "How long one agent may take for one attempt",
    }),
  })
  .superRefine(({ agents, quorum }, ctx) => {
    const n = membersOf(agents);
    if (quorum === undefined || quorum <= n) return;
    ctx.addIssue({ code: "custom", path: ["quorum"], message: `there are only ${n} members` });
  });
export type SessionWith = z.infer<typeof SessionWith>;

/** How many take part in a swarm. */
export function membersOf(agents: { n: number } | readonly string[] | undefined): number {
  if (agents === undefined) return SESSION_DEFAULTS.members;
  return "n" in agents ? agents.n : agents.length;
}

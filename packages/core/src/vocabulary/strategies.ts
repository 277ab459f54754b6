import { z } from "zod";

/** How the agents of a session work together. */
export const Strategy = z.enum(["solo", "pair", "hierarchical", "swarm"]);
export type Strategy = z.infer<typeof Strategy>;

/** What somebody in a session is there for. */
export const SessionRole = z.enum(["lead", "doer", "reviewer", "worker", "member", "merger"]);
export type SessionRole = z.infer<typeof SessionRole>;

export const SessionStatus = z.enum(["running", "succeeded", "failed", "cancelled"]);
export type SessionStatus = z.infer<typeof SessionStatus>;

/** How a swarm comes to its result: the best of all, what enough of them agree on, or the first. */
export const SwarmMode = z.enum(["best_of_n", "vote", "race"]);
export type SwarmMode = z.infer<typeof SwarmMode>;

export const CriticVerdict = z.enum(["accept", "revise", "reject"]);
export type CriticVerdict = z.infer<typeof CriticVerdict>;

/** What a session may use: of itself and of all below it. `failures`: in a row, below one node of the tree. */
export const SessionQuota = z.enum(["depth", "fan_out", "agents", "usd", "seconds", "failures"]);
export type SessionQuota = z.infer<typeof SessionQuota>;

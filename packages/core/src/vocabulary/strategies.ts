import { z } from "zod";

/** How the agents of a session work together. */
export const Strategy = z.enum(["solo", "pair", "hierarchical", "swarm"]);
export type Strategy = z.infer<typeof Strategy>;

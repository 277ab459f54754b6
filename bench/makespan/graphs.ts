import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** A task graph, as it is fixed in `graphs/`. */
export const Graph = z.strictObject({
  name: z.string(),
  about: z.string(),
  nodes: z.array(
    z.strictObject({
      name: z.string(),
      /** Of one agent's time, all of it. */
      seconds: z.number().positive(),
      needs: z.array(z.string()).default([]),
      /** Into how many parts a lead can split it. */
      parts: z.int().min(2).optional(),
    }),
  ),
});
export type Graph = z.infer<typeof Graph>;

const folder = join(import.meta.dirname, "graphs");

export function readGraphs(): Graph[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files
    .toSorted()
    .map((name) => Graph.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))));
}

/** What it takes to say who does which part, and to make one result of them, in seconds of an agent. */
export const SPLIT_SECONDS = 0.5;
export const MERGE_SECONDS = 0.5;
export const CAPABILITY = "work";

/** The graph as a backlog document. Where sessions are on, a node that can be split is a session: a lead, workers, a merger. */
export function toBacklog(
  { name, nodes }: Graph,
  options: { pack: string; msPerSecond: number; sessions: boolean },
) {
  const { pack, msPerSecond, sessions } = options;
  const items = nodes.map(({ name: id, seconds, needs, parts }) => {
    const input = { ms: seconds * msPerSecond };
    const splits = sessions && parts !== undefined;
    const shared = { id, title: `${name}: ${id}`, needs, owner: "bench" };
    const overhead = { splitMs: SPLIT_SECONDS * msPerSecond, mergeMs: MERGE_SECONDS * msPerSecond };
    return splits
      ? {
          ...shared,
          kind: "session",
          with: {
            strategy: "hierarchical",
            capability: CAPABILITY,
            input: { ...input, parts, ...overhead },
          },
        }
      : { ...shared, kind: "agent", with: { capability: CAPABILITY, input } };
  });
  return { document: { version: 1, pack, items } };
}

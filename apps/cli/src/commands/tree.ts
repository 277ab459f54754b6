import type { HierarchyNode } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { placeLine } from "../demo/place-line.ts";

/** `nofx runs tree RUN`. */
export async function tree(runId: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const nodes: HierarchyNode[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.hierarchy(runId, cursor === undefined ? {} : { cursor });
    nodes.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  if (options.json === true) return console.log(JSON.stringify({ items: nodes }));
  if (nodes.length === 0) console.log("Nobody works below anybody in this run.");
  for (const node of nodes) console.log(placeLine(node));
}

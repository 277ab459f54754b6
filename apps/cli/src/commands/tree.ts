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
  const items = inOrder(nodes);
  if (options.json === true) return console.log(JSON.stringify({ items }));
  if (nodes.length === 0) console.log("Nobody works below anybody in this run.");
  for (const node of items) console.log(placeLine(node));
}

/** Parents before what is below them, and what is below one as it was made: c.2 before c.10. */
export function inOrder(nodes: readonly HierarchyNode[]): HierarchyNode[] {
  const known = new Set<string>(nodes.map(({ stepId }) => stepId));
  const below = Map.groupBy(nodes, ({ parentStepId }) =>
    parentStepId !== null && known.has(parentStepId) ? parentStepId : null,
  );
  const order: HierarchyNode[] = [];
  const left = (below.get(null) ?? []).toSorted(byBirth).toReversed();
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    order.push(node);
    left.push(...(below.get(node.stepId) ?? []).toSorted(byBirth).toReversed());
  }
  return order;
}

function byBirth(a: HierarchyNode, b: HierarchyNode): number {
  return (
    Date.parse(a.createdAt) - Date.parse(b.createdAt) ||
    a.path.localeCompare(b.path, "en", { numeric: true })
  );
}

import { digraph } from "./digraph.ts";
import type { DraftStep, Expansion } from "./expand-item.ts";
import { orderNodes } from "./order-nodes.ts";

/**
 * Ties the steps of items together: the first steps of an item need the last steps of the items it needs. An item
 * without steps is passed through: who needs it, needs what it needs. A need that is not planned keeps its name.
 */
export function linkSteps(expansions: readonly Expansion[]): DraftStep[] {
  const lastSteps = lastStepsByItem(expansions);
  return expansions.flatMap(({ item, steps }) => {
    const before = new Set(item.needs.flatMap((need) => lastSteps.get(need) ?? [need]));
    return steps.map((step) =>
      step.needs.length > 0 || before.size === 0 ? step : { ...step, needs: [...before] },
    );
  });
}

function lastStepsByItem(expansions: readonly Expansion[]): Map<string, readonly string[]> {
  const last = new Map<string, readonly string[]>();
  for (const { item, steps } of expansions) {
    const needed = new Set(steps.flatMap((step) => step.needs));
    const names = steps.map((step) => step.name).filter((name) => !needed.has(name));
    if (names.length > 0) last.set(item.id, names);
  }
  const nodeOf = new Map(expansions.map(({ item }, node) => [item.id, node]));
  const graph = digraph(expansions.length, (node) =>
    (expansions[node]?.item.needs ?? []).flatMap((need) => nodeOf.get(need) ?? []),
  );
  for (const node of orderNodes(graph, () => 0).order) {
    const expansion = expansions[node];
    if (expansion === undefined || expansion.steps.length > 0) continue;
    const { item } = expansion;
    const through = item.needs.flatMap(
      (need) => last.get(need) ?? (nodeOf.has(need) ? [] : [need]),
    );
    last.set(item.id, [...new Set(through)]);
  }
  return last;
}

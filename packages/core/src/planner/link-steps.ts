import { STEP_EXECUTOR, STEP_WITH } from "../vocabulary/index.ts";
import { digraph } from "./digraph.ts";
import type { DraftStep, Expansion } from "./expand-item.ts";
import { orderNodes } from "./order-nodes.ts";

/** A step that has to have ended, and how many seconds before. */
interface Before {
  readonly name: string;
  readonly lag: number;
}

/**
 * Ties the steps of items together: the first steps of an item need the last steps of the items it needs. An item
 * without steps is passed through: who needs it, needs what it needs. A need that is not planned keeps its name.
 * A lag becomes a step of its own between the two that waits for so long: durable, and seen by everybody.
 */
export function linkSteps(expansions: readonly Expansion[]): DraftStep[] {
  const lastSteps = lastStepsByItem(expansions);
  return expansions.flatMap(({ item, steps }) => {
    const before = beforeItem(item, lastSteps);
    if (before.length === 0) return steps;
    return steps.flatMap((step) => (step.needs.length > 0 ? [step] : withLags(step, before)));
  });
}

function beforeItem(
  item: Expansion["item"],
  lastSteps: ReadonlyMap<string, readonly Before[]>,
): Before[] {
  const lags = new Map<string, number>();
  for (const need of item.needs) {
    const lag = Object.hasOwn(item.lags, need) ? (item.lags[need] ?? 0) : 0;
    for (const step of lastSteps.get(need) ?? [{ name: need, lag: 0 }]) {
      lags.set(step.name, Math.max(lags.get(step.name) ?? 0, step.lag + lag));
    }
  }
  return [...lags].map(([name, lag]) => ({ name, lag }));
}

/** The step, and in front of it a wait for each lag: `<step>.lag`, the second one `<step>.lag-2`. */
function withLags(step: DraftStep, before: readonly Before[]): DraftStep[] {
  const lags = [...new Set(before.map(({ lag }) => lag))].filter((lag) => lag > 0);
  const after = (wanted: number) =>
    before.filter(({ lag }) => lag === wanted).map(({ name }) => name);
  const waits = lags
    .toSorted((a, b) => a - b)
    .map((lag, i) => waitBefore(step, i === 0 ? "lag" : `lag-${i + 1}`, lag, after(lag)));
  return [...waits, { ...step, needs: [...after(0), ...waits.map(({ name }) => name)] }];
}

function waitBefore(
  step: DraftStep,
  suffix: string,
  seconds: number,
  needs: readonly string[],
): DraftStep {
  const { resources: _resources, guessMs: _guess, ...rest } = step;
  return {
    ...rest,
    name: `${step.name}.${suffix}`,
    title: `Wait ${seconds.toLocaleString("en")} s before: ${step.title}`.slice(0, 500),
    kind: "wait",
    with: STEP_WITH.wait.parse({ seconds }),
    executor: STEP_EXECUTOR.wait,
    capability: null,
    needs,
    sensitive: false,
    risk: [],
    undo: null,
    pivot: false,
  };
}

function lastStepsByItem(expansions: readonly Expansion[]): Map<string, readonly Before[]> {
  const last = new Map<string, readonly Before[]>();
  for (const { item, steps } of expansions) {
    const needed = new Set(steps.flatMap((step) => step.needs));
    const names = steps.map((step) => step.name).filter((name) => !needed.has(name));
    if (names.length > 0)
      last.set(
        item.id,
        names.map((name) => ({ name, lag: 0 })),
      );
  }
  const nodeOf = new Map(expansions.map(({ item }, node) => [item.id, node]));
  const graph = digraph(expansions.length, (node) =>
    (expansions[node]?.item.needs ?? []).flatMap((need) => nodeOf.get(need) ?? []),
  );
  for (const node of orderNodes(graph, () => 0).order) {
    const expansion = expansions[node];
    if (expansion === undefined || expansion.steps.length > 0) continue;
    const { item } = expansion;
    // on a loop of items without steps there is nothing to pass through yet
    const needs = item.needs.filter((need) => last.has(need) || !nodeOf.has(need));
    last.set(item.id, beforeItem({ ...item, needs }, last));
  }
  return last;
}

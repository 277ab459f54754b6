import { digraph } from "./digraph.ts";
import { findComponents } from "./find-components.ts";
import { findShortestLoop } from "./find-shortest-loop.ts";

/** A knot of things that need each other, named by its shortest loop. */
export interface Loop {
  /** The loop, each name once, beginning with what came first in the input. */
  readonly names: readonly string[];
  /** `a -> b -> c -> a` */
  readonly text: string;
  /** How many things hang in the knot, on this loop or longer ones. */
  readonly size: number;
}

/** Finds every knot among named things with needs; a thing that needs itself is one. Unknown needs are passed over. */
export function findLoops(
  things: readonly { readonly name: string; readonly needs: Iterable<string> }[],
): Loop[] {
  const nodeOf = new Map(things.map((thing, node) => [thing.name, node]));
  const needsOf = things.map(({ needs }) => [...needs].flatMap((need) => nodeOf.get(need) ?? []));
  const graph = digraph(things.length, (node) => needsOf[node] ?? []);
  const knots = findComponents(graph);
  const knotted = new Set(knots.flat());
  const alone = needsOf.flatMap((needs, node) =>
    needs.includes(node) && !knotted.has(node) ? [[node]] : [],
  );
  return [...alone, ...knots].map((component) => {
    const loop = component.length === 1 ? component : findShortestLoop(graph, component);
    const names = loop.map((node) => things[node]?.name ?? "");
    return { names, text: loopText([...names, names[0] ?? ""]), size: component.length };
  });
}

const MAX_SHOWN = 50;

/** `a -> b -> c -> a`; a loop of thousands is shown by its beginning and its end. */
export function loopText(names: readonly string[]): string {
  if (names.length <= MAX_SHOWN) return names.join(" -> ");
  const hidden = names.length - MAX_SHOWN;
  const shown = [...names.slice(0, MAX_SHOWN - 10), `(${hidden} more)`, ...names.slice(-10)];
  return shown.join(" -> ");
}

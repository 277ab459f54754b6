import type { ValidItem } from "../planner/index.ts";
import type { BacklogDocument, BacklogItemInput } from "../vocabulary/index.ts";
import { prng } from "./prng.ts";

/** A row of a backlog as people write it: a shell step that does nothing. */
export function aBacklogRow(
  overrides: Partial<BacklogItemInput> & { id: string },
): Record<string, unknown> {
  const what =
    overrides.kind === undefined && overrides.type === undefined
      ? { kind: "shell", with: { command: ["true"] } }
      : {};
  return { title: `Item ${overrides.id}`, ...what, ...overrides };
}

/** An item as the planner takes it: parsed, with its defaults. `kind: undefined` asks for an item without a kind. */
export function aPlanItem(overrides: Partial<ValidItem> & { id: string }): ValidItem {
  const typed = overrides.type !== undefined || "kind" in overrides;
  return {
    title: `Item ${overrides.id}`,
    needs: [],
    lags: {},
    resources: [],
    priority: 3,
    labels: [],
    risk: [],
    sensitive: false,
    pivot: false,
    maxFailures: 3,
    deadlineSeconds: 86_400,
    row: 0,
    ...(typed
      ? {}
      : {
          kind: "shell",
          with: { command: ["true"], timeoutSeconds: 600, artifacts: [], inputs: [] },
        }),
    ...overrides,
  };
}

/**
 * A valid document of `size` items with about `edges` needs, no loops. Needs reach at most `reach` items back, which
 * makes it deep like real plans; the order of rows is shuffled.
 */
export function aBacklog(
  size: number,
  edges: number,
  seed = 1,
  reach = 50,
): Omit<BacklogDocument, "items"> & { items: Record<string, unknown>[] } {
  const random = prng(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const needs = Array.from({ length: size }, () => new Set<string>());
  for (let edge = 0; edge < (size > 1 ? edges : 0); edge++) {
    const from = 1 + below(size - 1);
    const to = from - 1 - below(Math.min(from, reach));
    needs[from]?.add(`item-${to}`);
  }
  const items = needs.map((set, i) =>
    aBacklogRow({ id: `item-${i}`, needs: [...set], priority: 1 + below(5) }),
  );
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [items[i], items[j]] = [
      items[j] as Record<string, unknown>,
      items[i] as Record<string, unknown>,
    ];
  }
  return { version: 1, pack: "generated", items };
}

/** An entry of the undo register, as far as its order goes. */
export interface Undoable {
  readonly stepId: string;
  readonly seq: number;
}

/** `after` may begin when `before` has ended: with success if required, however if not. Both are places in the list. */
export interface UndoEdge {
  readonly before: number;
  readonly after: number;
  readonly required: boolean;
}

/** More than this many are put in a row of required edges instead of computing who needed whom. */
export const UNDO_GRAPH_LIMIT = 300;

/**
 * In which order effects are taken back. `todo` is sorted, latest registration first. What built on something is undone before
 * it, and if that fails the other is left (required). With `completion` everything is also put in one row, by edges that
 * any end meets.
 */
export function orderUndo(
  todo: readonly Undoable[],
  needsOf: (stepId: string) => readonly string[],
  order: "completion" | "dependency",
): UndoEdge[] {
  const edges: UndoEdge[] = [];
  const inRow = todo.length > UNDO_GRAPH_LIMIT;
  const required = new Set<string>();
  if (!inRow) {
    for (const [before, b] of todo.entries()) {
      const reached = reachedFrom(b.stepId, needsOf);
      for (const [after, a] of todo.entries()) {
        if (after === before) continue;
        const builtOn = reached.has(a.stepId) || (a.stepId === b.stepId && b.seq > a.seq);
        if (!builtOn) continue;
        required.add(`${before} ${after}`);
        edges.push({ before, after, required: true });
      }
    }
  }
  if (inRow || order === "completion") {
    for (let after = 1; after < todo.length; after++) {
      const before = after - 1;
      if (!required.has(`${before} ${after}`)) edges.push({ before, after, required: inRow });
    }
  }
  return edges;
}

/** Every step that this one needed, directly or through others. */
function reachedFrom(
  stepId: string,
  needsOf: (stepId: string) => readonly string[],
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...needsOf(stepId)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...needsOf(next));
  }
  return reached;
}

import type { LogLine } from "@nofx/core/api";

export interface Lines {
  items: LogLine[];
  /** Reads on towards older lines. */
  nextCursor: string | null;
  total: number | null;
}

const order = (id: string) => BigInt(id);

/**
 * Known lines and newer pages as one. `pages` come newest first, as they are fetched; lines that are in both are kept
 * once. The cursor is that of the oldest part, so reading older lines goes on where it was.
 */
export function joinLines(known: Lines | undefined, pages: readonly Lines[]): Lines {
  const byId = new Map<string, LogLine>();
  for (const line of known?.items ?? []) byId.set(line.id, line);
  for (const page of pages) for (const line of page.items) byId.set(line.id, line);
  const items = [...byId.values()].toSorted((a, b) => (order(a.id) < order(b.id) ? -1 : 1));
  const oldest = pages.at(-1);
  const reached = known !== undefined && known.items.length > 0;
  return { items, nextCursor: (reached ? known : oldest)?.nextCursor ?? null, total: null };
}

/** Whether a page, and what is older than it, is known already. */
export function reaches(known: Lines | undefined, page: Lines): boolean {
  const newest = known?.items.at(-1);
  const first = page.items[0];
  if (newest === undefined || first === undefined || page.nextCursor === null) return true;
  return order(first.id) <= order(newest.id);
}

/**
 * The order of a pack's items after an import. A document of nothing but new items goes behind those that are there; otherwise
 * the order is that of the document, with what it does not hold at the end. In a pack that people have arranged every item
 * keeps its place, and a new one goes behind the one that it follows in the document.
 */
export function orderAfterImport(
  before: readonly string[],
  document: readonly string[],
  arranged: boolean,
): string[] {
  const there = new Set(before);
  const given = new Set(document);
  if (!document.some((key) => there.has(key))) return [...before, ...document];
  if (!arranged) return [...document, ...before.filter((key) => !given.has(key))];
  const followers = new Map<string | undefined, string[]>();
  let last: string | undefined;
  for (const key of document) {
    if (there.has(key)) last = key;
    else if (followers.has(last)) followers.get(last)?.push(key);
    else followers.set(last, [key]);
  }
  const behind = (key: string | undefined) => followers.get(key) ?? [];
  return [...behind(undefined), ...before.flatMap((key) => [key, ...behind(key)])];
}

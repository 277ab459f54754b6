// What is taken out of a payload, and what of it is looked for elsewhere. Pure.

/** What stands where something was taken out. */
export const REDACTED = "[redacted]";

/** The shortest piece that copies are searched for where nobody named it: shorter ones are in texts that have nothing to do with it. */
const SHORTEST = 8;
/** The shortest line of a longer text that is searched for on its own. */
const SHORTEST_LINE = 24;

/** What is left of a payload, and what was taken out of it. */
export interface Taken {
  readonly left: unknown;
  readonly removed: readonly string[];
}

/** Takes out the values at JSON Pointers (RFC 6901). What a pointer does not lead to is passed over. */
export function takeFields(payload: unknown, pointers: readonly string[]): Taken {
  const removed: string[] = [];
  let left = structuredClone(payload);
  for (const pointer of pointers) {
    const path = pathOf(pointer);
    const key = path.pop();
    if (key === undefined) {
      removed.push(...textsIn(left));
      left = REDACTED;
      continue;
    }
    const parent = path.reduce<unknown>((value, step) => child(value, step), left);
    if (!hasChild(parent, key)) continue;
    removed.push(...textsIn(child(parent, key)));
    (parent as Record<string, unknown>)[key] = REDACTED;
  }
  return { left, removed };
}

/** Takes out of every text, keys of objects too, what `find` finds in it. */
export function takeMatches(payload: unknown, find: (text: string) => readonly string[]): Taken {
  const removed: string[] = [];
  const rewrite = (text: string): string => {
    const found = find(text).filter((one) => one !== "" && one !== REDACTED);
    removed.push(...found);
    return blot(text, found);
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return rewrite(value);
    if (typeof value === "number") {
      const text = rewrite(String(value));
      return text === String(value) ? value : text;
    }
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [rewrite(key), walk(one)]));
  };
  return { left: walk(payload), removed };
}

/** A text without these pieces, the longest first. */
export function blot(text: string, pieces: readonly string[]): string {
  return [...pieces]
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, piece) => rest.replaceAll(piece, REDACTED), text);
}

/** Every text in a value: strings, keys of objects, and numbers as they are written. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** What copies are searched for, of what was taken out: whole texts, and the longer lines of them; each once, the longest first. */
export function needlesOf(removed: readonly string[]): string[] {
  const pieces = removed.flatMap((text) => [
    ...(text.length >= SHORTEST ? [text] : []),
    ...text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line.length >= SHORTEST_LINE),
  ]);
  return [...new Set(pieces)]
    .filter((piece) => piece !== REDACTED)
    .toSorted((one, other) => other.length - one.length);
}

function pathOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function hasChild(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

function child(value: unknown, key: string): unknown {
  return hasChild(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

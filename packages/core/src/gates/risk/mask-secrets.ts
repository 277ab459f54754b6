import { pointer } from "../../errors/index.ts";
import { findSecrets } from "./find-secrets.ts";

/** A value without its secrets, and the JSON pointers of where they were. */
export interface Masked {
  readonly value: unknown;
  readonly masked: readonly string[];
}

/** Shows the structure of a value and keeps what looks like a key or password to itself. */
export function maskSecrets(value: unknown): Masked {
  const masked: string[] = [];
  return { value: mask(value, [], masked), masked };
}

function mask(value: unknown, path: readonly PropertyKey[], masked: string[]): unknown {
  if (typeof value === "string") {
    const [found] = findSecrets(value, path);
    if (found === undefined) return value;
    masked.push(pointer(path));
    return `(hidden: ${found.what})`;
  }
  if (Array.isArray(value)) return value.map((one, i) => mask(one, [...path, i], masked));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      // a key can be the secret itself; the finder then names it otherwise in the path
      const shown = findSecrets({ [key]: null })[0]?.path[0] ?? key;
      if (shown !== key) masked.push(pointer([...path, shown]));
      return [shown, mask(child, [...path, shown], masked)];
    }),
  );
}

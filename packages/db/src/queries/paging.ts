import { NofxError } from "@nofx/core/errors";

/** A place in a list, as an opaque text: the sort keys of the last row that was given out. */
export function encodeCursor(keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys)).toString("base64url");
}

/** The keys behind a cursor; anything that is not one of ours is refused as `invalid_input`. */
export function decodeCursor(cursor: string | undefined): (string | number)[] | undefined {
  if (cursor === undefined) return undefined;
  const keys = keysOf(cursor);
  if (keys !== undefined) return keys;
  throw new NofxError("invalid_input", {
    issues: [{ path: "/cursor", message: "is not a cursor; send back a nextCursor as it came" }],
  });
}

function keysOf(cursor: string): (string | number)[] | undefined {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    const fine =
      Array.isArray(keys) &&
      keys.length > 0 &&
      keys.every((key) => typeof key === "string" || typeof key === "number");
    return fine ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** One row more than asked for says whether there is another page. */
export function cutPage<T>(rows: T[], limit: number, keysOf: (row: T) => (string | number)[]) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(keysOf(last)) : null;
  return { items, nextCursor };
}

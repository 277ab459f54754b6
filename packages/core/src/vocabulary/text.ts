import { z } from "zod";

/**
 * Postgres `text` and `jsonb` refuse NUL, and JSON refuses lone surrogates: both are turned away at the edge, with a
 * name for what was found, instead of failing in the middle of a transaction.
 */
export function unstorable(text: string): "nul" | "lone_surrogate" | undefined {
  if (text.includes("\u0000")) return "nul";
  return text.isWellFormed() ? undefined : "lone_surrogate";
}

const MESSAGES = {
  nul: "contains a NUL character (\\u0000); remove it",
  lone_surrogate: "contains half of a surrogate pair; send valid Unicode",
} as const;

export function storableText(max: number, min = 0) {
  return z
    .string()
    .min(min)
    .max(max)
    .superRefine((text, ctx) => {
      const found = unstorable(text);
      if (found) ctx.addIssue({ code: "custom", message: MESSAGES[found] });
    });
}

const MAX_DEPTH = 64;

/** Paths of values inside JSON that Postgres cannot store, and of nesting deeper than 64 levels. */
export function unstorableJson(
  value: unknown,
  path: PropertyKey[] = [],
): { path: PropertyKey[]; message: string }[] {
  if (typeof value === "string") {
    const found = unstorable(value);
    return found ? [{ path, message: MESSAGES[found] }] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  if (path.length >= MAX_DEPTH)
    return [{ path, message: `is nested deeper than ${MAX_DEPTH} levels` }];
  return Object.entries(value).flatMap(([key, child]) => [
    ...(unstorable(key) ? [{ path, message: `has a key that ${MESSAGES.nul}` }] : []),
    ...unstorableJson(child, [...path, Array.isArray(value) ? Number(key) : key]),
  ]);
}

/** Any JSON object that Postgres can store, at most 64 levels deep. */
export const StorableJson = z.record(z.string(), z.unknown()).superRefine((value, ctx) => {
  for (const issue of unstorableJson(value)) ctx.addIssue({ code: "custom", ...issue });
});

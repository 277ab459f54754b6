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
const MAX_ISSUES = 100;

export interface UnstorableIssue {
  path: PropertyKey[];
  message: string;
}

/** Paths of values inside JSON that Postgres cannot store, and of nesting deeper than 64 levels: the first 100. */
export function unstorableJson(value: unknown, path: PropertyKey[] = []): UnstorableIssue[] {
  const issues: UnstorableIssue[] = [];
  collect(value, [...path], 0, issues);
  return issues;
}

function collect(
  value: unknown,
  path: PropertyKey[],
  depth: number,
  issues: UnstorableIssue[],
): void {
  if (issues.length >= MAX_ISSUES) return;
  const message = problemOf(value, depth);
  if (message !== undefined) issues.push({ path: [...path], message });
  else if (typeof value === "object" && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      const found = unstorable(key);
      if (found) issues.push({ path: [...path], message: `has a key that ${MESSAGES[found]}` });
      path.push(Array.isArray(value) ? Number(key) : key);
      collect(child, path, depth + 1, issues);
      path.pop();
    }
  }
}

function problemOf(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") {
    const found = unstorable(value);
    return found && MESSAGES[found];
  }
  if (typeof value === "number" && !Number.isFinite(value)) return "is not a number JSON can hold";
  if (typeof value === "object" && value !== null) {
    return depth >= MAX_DEPTH ? `is nested deeper than ${MAX_DEPTH} levels` : undefined;
  }
  return NOT_JSON.has(typeof value) ? `is a ${typeof value}, which is not JSON` : undefined;
}

const NOT_JSON = new Set(["bigint", "function", "symbol"]);

/** Whether JSON is nested deeper than so many levels. Never recurses, so that no depth is too much for it. */
export function nestedDeeperThan(levels: number, value: unknown): boolean {
  const open = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    if (next.depth >= levels) return true;
    for (const child of Object.values(next.value)) {
      if (typeof child === "object") open.push({ value: child, depth: next.depth + 1 });
    }
  }
  return false;
}

/** Any JSON object that Postgres can store, at most 64 levels deep. */
export const StorableJson = z.record(z.string(), z.unknown()).superRefine((value, ctx) => {
  for (const issue of unstorableJson(value)) ctx.addIssue({ code: "custom", ...issue });
});

import type { RedactInput, RedactionPattern } from "@nofx/core/api";
import { needlesOf, takeFields, takeMatches, textsIn, type Taken } from "@nofx/core/bus";
import { NofxError } from "@nofx/core/errors";
import { RE2JS } from "re2js";
import { z } from "zod";
import { hooksOf } from "../model-endpoint/redact.ts";

/** What is to be taken out. It may hold what it is about, so it is kept sealed alone. */
export const Wanted = z.object({
  fields: z.array(z.string()).optional(),
  pattern: z.enum(["emails", "phones", "cards", "ip_addresses", "secrets"]).optional(),
  matching: z.string().optional(),
  text: z.string().optional(),
});
export type Wanted = z.infer<typeof Wanted>;

export function wantedOf({
  fields,
  pattern,
  matching,
  text,
}: z.output<typeof RedactInput>): Wanted {
  return {
    ...(fields !== undefined && { fields }),
    ...(pattern !== undefined && { pattern }),
    ...(matching !== undefined && { matching }),
    ...(text !== undefined && { text }),
  };
}

export function howOf({
  fields,
  pattern,
  matching,
  text,
}: Wanted): "whole" | "fields" | "pattern" | "text" {
  if (fields !== undefined) return "fields";
  if (pattern !== undefined || matching !== undefined) return "pattern";
  return text === undefined ? "whole" : "text";
}

/** What may be told of it in the clear: places and kinds, never what is looked for. */
export function detailOf({ fields, pattern, matching }: Wanted): Record<string, unknown> {
  return {
    ...(fields !== undefined && { fields }),
    ...(pattern !== undefined && { pattern }),
    ...(matching !== undefined && { pattern: "custom" }),
  };
}

/** Takes what is wanted out of a payload; null is left of one that goes whole. */
export function takeOut(payload: unknown, wanted: Wanted): Taken & { readonly whole: boolean } {
  const { fields } = wanted;
  if (fields !== undefined) return { ...takeFields(payload, fields), whole: false };
  const find = finderOf(wanted);
  if (find !== undefined) return { ...takeMatches(payload, find), whole: false };
  return { left: null, removed: textsIn(payload), whole: true };
}

/** What finds pieces in texts; undefined where it is about places, or about everything. */
export function finderOf({
  pattern,
  matching,
  text,
}: Wanted): ((text: string) => string[]) | undefined {
  if (text !== undefined) return (from) => (from.includes(text) ? [text] : []);
  if (pattern !== undefined) return byName(pattern);
  return matching === undefined ? undefined : byPattern(matching);
}

/** What copies are searched for: what was named itself, however short, else what is long enough to be no accident. */
export function needlesFor(wanted: Wanted, removed: readonly string[]): string[] {
  if (finderOf(wanted) === undefined) return needlesOf(removed);
  const named = wanted.text === undefined ? removed : [wanted.text, ...removed];
  return [...new Set(named.filter((piece) => piece.length >= 4))];
}

function byName(pattern: RedactionPattern): (text: string) => string[] {
  const [secrets, ...rest] = hooksOf(pattern === "secrets" ? [] : [pattern]);
  const hooks = pattern === "secrets" && secrets !== undefined ? [secrets] : rest;
  return (text) => hooks.flatMap((hook) => hook.find(text));
}

/** In linear time: a pattern is a tenant's, and the process that looks for it is everybody's. */
function byPattern(pattern: string): (text: string) => string[] {
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch {
    throw new NofxError("invalid_input", {
      issues: [{ path: "/matching", message: "is not a pattern that RE2 understands" }],
    });
  }
  return (text) => {
    const found: string[] = [];
    const matcher = compiled.matcher(text);
    while (matcher.find()) found.push(matcher.group() ?? "");
    return found;
  };
}

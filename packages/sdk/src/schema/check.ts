import { PermanentError } from "../errors/index.ts";
import type { SchemaIssue, SchemaOutput, StandardSchema } from "./standard-schema.ts";

const SHOWN = 5;

/** The value as the schema gives it back, or a permanent failure that names each place that does not fit. */
export async function checkSchema<S extends StandardSchema>(
  schema: S,
  value: unknown,
  what: string,
): Promise<SchemaOutput<S>> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const lines = result.issues.slice(0, SHOWN).map(describeIssue);
  const more = result.issues.length - lines.length;
  throw new PermanentError(
    `The ${what} does not fit its schema. ${lines.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
    { data: { issues: lines } },
  );
}

function describeIssue(issue: SchemaIssue): string {
  const path = (issue.path ?? [])
    .map((part) => (typeof part === "object" ? part.key : part))
    .map((part) => `/${String(part)}`)
    .join("");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

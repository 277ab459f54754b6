import { pointer, type Issue } from "@nofx/core/errors";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";

type Schema = Record<string, unknown>;

/** Keywords that it does not know are refused when a schema is stored: what is not checked must not look as if it were. */
const ajv = () =>
  new Ajv({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateFormats: false,
    messages: true,
  });

/** What is wrong with a schema itself; nothing, where arguments can be checked against it. */
export function schemaIssue(schema: Schema): string | undefined {
  try {
    ajv().compile(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const known = new Map<string, ValidateFunction>();
const MOST = 200;

/** What is wrong with a value by a schema, each with its place. */
export function issuesOf(schema: Schema, value: unknown, at: readonly PropertyKey[]): Issue[] {
  const text = JSON.stringify(schema);
  let check = known.get(text);
  if (check === undefined) {
    check = ajv().compile(schema);
    if (known.size >= MOST) known.clear();
    known.set(text, check);
  }
  if (check(value)) return [];
  return (check.errors ?? []).slice(0, 100).map((error) => ({
    path: `${pointer(at)}${error.instancePath}`,
    message: describe(error),
  }));
}

function describe({ keyword, params, message = "is not as the schema says" }: ErrorObject): string {
  if (keyword === "additionalProperties") return `"${params["additionalProperty"]}" is not allowed`;
  if (keyword === "enum") {
    const allowed: unknown[] = params["allowedValues"] ?? [];
    return `must be one of ${allowed.map((one) => JSON.stringify(one)).join(", ")}`;
  }
  return message;
}

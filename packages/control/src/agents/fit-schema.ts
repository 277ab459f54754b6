import { pointer, type Issue } from "@nofx/core/errors";
import { Ajv, type ValidateFunction } from "ajv";
import { RE2JS } from "re2js";
import { checkInTime } from "../tools/check-in-time.ts";

type JsonSchema = Record<string, unknown>;

/** Patterns run in linear time: a schema is a tenant's, and the process that checks it is everybody's. Others pass here. */
const linear = Object.assign(
  (pattern: string) => {
    try {
      const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
      return { test: (text: string) => compiled.matcher(text).find() };
    } catch {
      return { test: () => true };
    }
  },
  { code: "linear" },
);

const known = new Map<string, ValidateFunction | null>();
const MOST = 500;
const MOST_ISSUES = 100;

/**
 * What is wrong with a value by the schema that an agent declared, each with its place. What the schema says beyond JSON Schema, a schema
 * that is none, and what takes too long is left to the agent, which checks again when it claims.
 */
export function misfits(
  schema: JsonSchema,
  value: unknown,
  at: readonly PropertyKey[],
): readonly Issue[] {
  const text = JSON.stringify(schema);
  const check = compiled(schema, text);
  if (check === null || checkInTime(check, value, text) !== false) return [];
  return (check.errors ?? [])
    .slice(0, MOST_ISSUES)
    .map(({ instancePath, keyword, params, message }) => ({
      path: `${pointer(at)}${instancePath}`,
      message:
        keyword === "additionalProperties"
          ? `"${String(params["additionalProperty"])}" is not allowed`
          : (message ?? "is not as the schema says"),
    }));
}

function compiled(schema: JsonSchema, text: string): ValidateFunction | null {
  let check = known.get(text);
  if (check === undefined) {
    check = compile(schema);
    if (known.size >= MOST) known.clear();
    known.set(text, check);
  }
  return check;
}

function compile(schema: JsonSchema): ValidateFunction | null {
  const { $schema: _, ...rest } = schema;
  try {
    const check = new Ajv({
      strict: false,
      validateFormats: false,
      allErrors: true,
      code: { regExp: linear },
    }).compile(rest);
    return "$async" in check ? null : check;
  } catch {
    return null;
  }
}

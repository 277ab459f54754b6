import { pointer, type Issue } from "@nofx/core/errors";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { RE2JS } from "re2js";
import { checkInTime } from "./check-in-time.ts";

type Schema = Record<string, unknown>;

/**
 * A pattern in linear time: a tool's schema is a tenant's, and the process that checks it is everybody's. What linear time cannot
 * do (looking ahead or behind, back references) is refused when a schema is stored.
 */
const linear = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return { test: (text: string) => compiled.matcher(text).find() };
  },
  { code: "linear" },
);

/** Keywords that it does not know are refused when a schema is stored: what is not checked must not look as if it were. */
const ajv = () =>
  new Ajv({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateFormats: false,
    messages: true,
    allErrors: true,
    code: { regExp: linear },
  });

function compile(schema: Schema): ValidateFunction {
  if (holdsKey(schema, "$async")) throw new Error("$async is not supported: it checks nothing now");
  return ajv().compile(schema);
}

/** What is wrong with a schema itself; nothing, where arguments can be checked against it. */
export function schemaIssue(schema: Schema): string | undefined {
  try {
    compile(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function holdsKey(value: unknown, key: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (!Array.isArray(value) && Object.hasOwn(value, key)) return true;
  return Object.values(value).some((inner) => holdsKey(inner, key));
}

const known = new Map<string, ValidateFunction>();
const MOST = 200;

/** What is wrong with a value by a schema, each with its place. */
export function issuesOf(schema: Schema, value: unknown, at: readonly PropertyKey[]): Issue[] {
  const text = JSON.stringify(schema);
  let check = known.get(text);
  if (check === undefined) {
    check = compile(schema);
    if (known.size >= MOST) known.clear();
    known.set(text, check);
  }
  const fits = checkInTime(check, value, text);
  if (fits === true) return [];
  if (fits === undefined) {
    return [{ path: pointer(at), message: "takes too long to check by its schema" }];
  }
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

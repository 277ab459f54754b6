import type { z } from "zod";
import { openAiError, type OpenAiError } from "./openai-error.ts";

type Issue = z.core.$ZodIssue;

/** Throws OpenAiError (400) that names the first field that is wrong. */
export function parseRequest<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw refusalOf(parsed.error.issues[0], json);
}

/** A 400 for one field. */
export function wrongField(param: string, message: string, code = "invalid_value"): OpenAiError {
  return openAiError(code, `${param}: ${message}`, 400, { param });
}

function refusalOf(issue: Issue | undefined, json: unknown): OpenAiError {
  if (issue === undefined) return openAiError("invalid_value", "The request is not valid.", 400);
  const { path, message, code } = innermost(issue);
  const param = nameOf(path);
  if (param === "") {
    return openAiError("invalid_type", `The body is not a request: ${message}.`, 400);
  }
  if (valueAt(json, path) === undefined) {
    return wrongField(param, "required and missing.", "missing_required_parameter");
  }
  return wrongField(param, message, code === "invalid_type" ? "invalid_type" : "invalid_value");
}

/** Of a union the branch that got furthest: it is the one that was meant. */
function innermost(issue: Issue): { path: PropertyKey[]; message: string; code: string } {
  if (issue.code !== "invalid_union") return issue;
  const branches = issue.errors.flatMap(([first]) =>
    first === undefined ? [] : [innermost(first)],
  );
  const deepest = branches.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (deepest === undefined || deepest.path.length === 0) return issue;
  return { ...deepest, path: [...issue.path, ...deepest.path] };
}

/** As OpenAI writes it: `messages[0].content`. */
function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined,
    json,
  );
}

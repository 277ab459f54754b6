import { unstorableJson } from "@nofx/core/contract";
import { PermanentError } from "../errors/index.ts";

/**
 * The value as it will be read back: what JSON cannot hold is refused instead of being changed silently
 * (a Date would come back as text, a Map as {}). `undefined` becomes null; undefined properties are left out.
 */
export function toJson(value: unknown, what: string): unknown {
  const problem = findProblem(value, "", new Set());
  if (problem) throw new PermanentError(`${what} cannot be stored: ${problem}.`);
  const copy: unknown = value === undefined ? null : JSON.parse(JSON.stringify(value));
  const unstorable = unstorableJson(copy)[0];
  if (unstorable) {
    const at = unstorable.path.map((part) => `/${String(part)}`).join("") || "it";
    throw new PermanentError(`${what} cannot be stored: ${at} ${unstorable.message}.`);
  }
  return copy;
}

const MAX_DEPTH = 64;

function findProblem(value: unknown, path: string, parents: Set<object>): string | undefined {
  const at = path || "it";
  if (value === null || value === undefined) return undefined;
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : `${at} is ${value}, which JSON does not have`;
    case "object":
      break;
    default:
      return `${at} is a ${typeof value}`;
  }
  if (parents.size >= MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
  if (parents.has(value)) return `${at} contains itself`;
  if (!Array.isArray(value)) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      return `${at} is a ${value.constructor.name}; return plain objects, arrays, text and numbers`;
    }
  }
  parents.add(value);
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined && Array.isArray(value)) return `${path}/${key} is undefined`;
    const problem = findProblem(child, `${path}/${key}`, parents);
    if (problem) return problem;
  }
  parents.delete(value);
  return undefined;
}

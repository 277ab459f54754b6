import type { Issue } from "@nofx/core/errors";
import { misfits } from "./fit-schema.ts";

type JsonSchema = Record<string, unknown>;

/** Keywords that say of one key what they say whatever the others are. */
const APART = new Set([
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "type",
  "properties",
  "required",
  "additionalProperties",
]);
const REFERS_ELSEWHERE = /"\$(?:dynamic|recursive)?ref":"(?!#\/(?:\$defs|definitions)\/)/i;

/**
 * What is wrong with a session's input for a member, which is given a key `session` besides: only what is wrong whatever the plane
 * writes there. Nothing of a schema that does not tell the keys apart.
 */
export function misfitsOfMember(
  schema: JsonSchema,
  input: unknown,
  at: readonly PropertyKey[],
): readonly Issue[] {
  if (!Object.keys(schema).every((keyword) => APART.has(keyword))) return [];
  if (REFERS_ELSEWHERE.test(JSON.stringify(schema))) return [];
  const { properties, required } = schema;
  const open = {
    ...schema,
    properties: { ...(properties as object | undefined), session: true },
    ...(Array.isArray(required) && { required: required.filter((key) => key !== "session") }),
  };
  return misfits(open, { ...(input as object), session: {} }, at);
}

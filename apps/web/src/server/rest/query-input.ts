import { z } from "zod";

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? unwrap(schema.unwrap())
    : schema;
}

const BOOLEANS: Record<string, boolean> = { true: true, false: false, 1: true, 0: false, "": true };

/** Query parameters as input: text stays text, `true` and `false` become booleans where one is wanted. */
export function queryInput(
  schema: z.ZodObject | undefined,
  params: URLSearchParams,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const key of new Set(params.keys())) {
    const values = params.getAll(key);
    const value = values.length === 1 ? values[0] : values;
    const wanted = unwrap(schema?.shape[key]);
    input[key] =
      wanted instanceof z.ZodBoolean && typeof value === "string"
        ? (BOOLEANS[value] ?? value)
        : value;
  }
  return input;
}

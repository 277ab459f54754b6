import { toJSONSchema, type ZodType } from "zod";
import type { StandardSchema } from "./standard-schema.ts";

type JsonSchema = Record<string, unknown>;

/** https://standardschema.dev/json-schema, which zod, arktype and valibot's converter implement. */
interface WithJsonSchema {
  readonly jsonSchema?: Record<"input" | "output", (options: { target: string }) => JsonSchema>;
}

/**
 * A schema as JSON Schema, for those who check without this code: the control plane, and people's forms. Undefined where the
 * library tells none, or the schema has none (a transformation, say): it is then checked here alone.
 */
export function jsonSchemaOf(
  schema: StandardSchema,
  side: "input" | "output",
): JsonSchema | undefined {
  try {
    const found = convert(schema, side);
    if (found === undefined) return undefined;
    const { $schema: _, "~standard": __, ...rest } = found;
    return JSON.parse(JSON.stringify(rest), withoutSlowPatterns) as JsonSchema;
  } catch {
    return undefined;
  }
}

function convert(schema: StandardSchema, side: "input" | "output"): JsonSchema | undefined {
  const standard = schema["~standard"];
  const told = (standard as WithJsonSchema).jsonSchema?.[side]({ target: "draft-07" });
  if (told !== undefined) return told;
  if (standard.vendor === "zod") {
    return toJSONSchema(schema as unknown as ZodType, {
      io: side,
      target: "draft-7",
    }) as JsonSchema;
  }
  const other = schema as { toJsonSchema?: () => JsonSchema };
  return other.toJsonSchema?.();
}

/** What linear time cannot do: looking ahead and behind, back references. The control plane runs no other patterns. */
const SLOW = /\(\?<?[=!]|\\[1-9k]/;

/** Leaves such patterns out: what they say is checked here. */
function withoutSlowPatterns(key: string, value: unknown): unknown {
  return key === "pattern" && typeof value === "string" && SLOW.test(value) ? undefined : value;
}

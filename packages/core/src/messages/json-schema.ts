import { z } from "zod";
import { EventType } from "../vocabulary/index.ts";
import { Envelope } from "./define-message.ts";
import { MESSAGE_TYPES } from "./message-types.ts";

type JsonSchema = Record<string, unknown>;

/** Message Schema v1 as JSON Schema 2020-12: the envelope, and one branch a type that says what its payload holds. */
export function messageJsonSchema(): JsonSchema {
  const defs: JsonSchema = {};
  const envelope = hoisted(Envelope, defs);
  const oneOf = EventType.options.map((type) => {
    const { description, payload } = MESSAGE_TYPES[type];
    defs[type] = hoisted(payload, defs);
    const properties = { type: { const: type }, payload: { $ref: `#/$defs/${type}` } };
    return { title: type, description, type: "object", properties, required: ["type", "payload"] };
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://nofx.dev/schemas/message-schema-v1.json",
    title: "NOFX Message Schema v1",
    ...envelope,
    oneOf,
    $defs: defs,
  };
}

/** The JSON Schema of one part, with what it shares with others moved to the common definitions. */
function hoisted(schema: z.ZodType, defs: JsonSchema): JsonSchema {
  const { $schema: _, $defs: shared, ...own } = z.toJSONSchema(schema, { io: "input" });
  Object.assign(defs, shared);
  return own;
}

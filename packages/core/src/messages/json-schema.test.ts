import { readFileSync } from "node:fs";
import { z } from "zod";
import { expect, test } from "vitest";
import { EventType } from "../vocabulary/index.ts";
import { EXAMPLE_PAYLOADS, uuid } from "./example-payloads.ts";
import { messageJsonSchema } from "./json-schema.ts";
import { parseMessage } from "./parse-message.ts";

const COMMITTED = "../../../../docs/specs/message-schema-v1.json";

test("the committed JSON Schema is current; write it anew by running this file with -u", async () => {
  await expect(`${JSON.stringify(messageJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(COMMITTED);
});

test("the JSON Schema alone tells good messages from bad", () => {
  const schema = z.fromJSONSchema(messageJsonSchema());
  for (const type of EventType.options) {
    const message = {
      id: uuid(1),
      version: 1,
      type,
      correlation_id: uuid(2),
      causation_id: uuid(1),
      traceparent: null,
      tenant_id: uuid(3),
      at: "2026-11-20T10:00:00Z",
      payload: EXAMPLE_PAYLOADS[type],
    };
    expect(schema.safeParse(message).error?.issues).toBeUndefined();
    expect(schema.safeParse({ ...message, payload: {} }).success).toBe(false);
    expect(schema.safeParse({ ...message, type: "no.such" }).success).toBe(false);
    expect(schema.safeParse({ ...message, correlation_id: "x" }).success).toBe(false);
  }
});

const SPECIFICATION = readFileSync(
  new URL("../../../../docs/specs/MESSAGE_SCHEMA_V1.md", import.meta.url),
  "utf8",
);

test("the examples in the specification are valid", () => {
  const examples = [...SPECIFICATION.matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, text = ""]) => text,
  );
  expect(examples.length).toBeGreaterThan(1);
  for (const text of examples) expect(parseMessage(JSON.parse(text)).ok).toBe(true);
});

test("the specification lists every type", () => {
  for (const type of EventType.options) expect(SPECIFICATION).toContain(`\`${type}\``);
});

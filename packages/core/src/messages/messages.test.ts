import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { EventType, HOLD_BITS } from "../vocabulary/index.ts";
import type { Envelope } from "./define-message.ts";
import { messageJsonSchema } from "./json-schema.ts";
import { childOf, firstMessage } from "./make-message.ts";
import { MESSAGE_TYPES } from "./message-types.ts";
import { EXAMPLE_PAYLOADS, uuid } from "./example-payloads.ts";
import { parseMessage } from "./parse-message.ts";

const AT = "2026-11-20T10:00:00.123456+00:00";
const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

function aMessage(type: EventType = "run.started", overrides: Record<string, unknown> = {}) {
  return {
    id: uuid(1),
    version: 1,
    type,
    correlation_id: uuid(2),
    causation_id: null,
    traceparent: null,
    tenant_id: uuid(3),
    at: AT,
    payload: EXAMPLE_PAYLOADS[type],
    ...overrides,
  };
}

function refusal(value: unknown) {
  const parsed = parseMessage(value);
  return parsed.ok
    ? "ok"
    : `${parsed.reason}: ${parsed.issues.map(({ path, message }) => `${path} ${message}`).join("; ")}`;
}

describe("parseMessage", () => {
  test.each(EventType.options)("takes %s as the engine writes it", (type) => {
    expect(parseMessage(aMessage(type))).toEqual({ ok: true, message: aMessage(type) });
  });

  test("keeps keys in payloads that it does not know", () => {
    const payload = { ...EXAMPLE_PAYLOADS["run.started"], color: "blue" };
    expect(parseMessage(aMessage("run.started", { payload }))).toMatchObject({
      message: { payload },
    });
  });

  test.each([
    ["a required id", { id: "run_01" }, "malformed: /id Invalid GUID"],
    [
      "the version",
      { version: 2 },
      "unknown_version: /version version 2 is not known here; this reader knows version 1",
    ],
    [
      "the form of a type",
      { type: "Run started" },
      "malformed: /type expected a type like run.started",
    ],
    ["the time", { at: "yesterday" }, "malformed: /at Invalid ISO datetime"],
    [
      "the trace",
      { traceparent: "00-0-0-0" },
      "malformed: /traceparent expected a W3C traceparent: 00-<32 hex>-<16 hex>-<2 hex>",
    ],
    [
      "a payload",
      { payload: {} },
      "bad_payload: /payload/run_id Invalid input: expected string, received undefined",
    ],
  ])("says what is wrong with %s", (_what, overrides, expected) => {
    expect(refusal(aMessage("run.started", overrides))).toContain(expected);
  });

  test("an unknown type is told apart, with the envelope and a suggestion", () => {
    const message = aMessage("run.started", { type: "run.startd" });
    expect(parseMessage(message)).toMatchObject({
      ok: false,
      reason: "unknown_type",
      envelope: { id: uuid(1), correlation_id: uuid(2) },
      issues: [
        {
          path: "/type",
          message: 'type "run.startd" is not known here; did you mean "run.started"?',
        },
      ],
    });
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseMessage(value).ok).toBe(false);
      }),
      numRuns(10_000),
    );
  });
});

describe("correlation and causation", () => {
  const request = {
    id: uuid(10),
    at: AT,
    type: "plan.created" as const,
    payload: { plan_id: uuid(11) },
  };
  const run = { id: uuid(12), at: AT, type: "run.queued" as const, payload: { run_id: uuid(13) } };

  test("the first message is its own correlation, unless the caller brought one", () => {
    expect(firstMessage(request, { tenantId: uuid(3) })).toMatchObject({
      id: uuid(10),
      correlation_id: uuid(10),
      causation_id: null,
      traceparent: null,
    });
    const brought = firstMessage(request, { tenantId: uuid(3), correlationId: uuid(4) });
    expect(brought.correlation_id).toBe(uuid(4));
  });

  test("a child keeps tenant, correlation and trace, and names its parent as cause", () => {
    const parent = firstMessage({ ...request, traceparent: TRACE }, { tenantId: uuid(3) });
    expect(childOf(parent, run)).toEqual({
      id: uuid(12),
      version: 1,
      type: "run.queued",
      tenant_id: uuid(3),
      correlation_id: uuid(10),
      causation_id: uuid(10),
      traceparent: TRACE,
      at: AT,
      payload: { run_id: uuid(13) },
    });
    expect(childOf(parent, { ...run, traceparent: null }).traceparent).toBeNull();
  });

  test("down any chain the correlation stays and the causes lead back to the first", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 }), (picks) => {
        const all: Envelope[] = [firstMessage(request, { tenantId: uuid(3) })];
        picks.forEach((pick, i) => {
          const parent = all[pick % all.length] as Envelope;
          all.push(childOf(parent, { ...run, id: uuid(100 + i) }));
        });
        const byId = new Map(all.map((message) => [message.id, message]));
        for (const message of all) {
          expect(message.correlation_id).toBe(uuid(10));
          let steps = 0;
          let at: Envelope | undefined = message;
          while (at?.causation_id != null && steps++ < 50) at = byId.get(at.causation_id);
          expect(at?.id).toBe(uuid(10));
        }
      }),
      numRuns(10_000),
    );
  });
});

describe("payloads", () => {
  test("hold ids, enums, numbers and digests only: every text has a form", () => {
    const freeTexts: string[] = [];
    const walk = (schema: unknown, path: string) => {
      if (typeof schema !== "object" || schema === null) return;
      const one = schema as Record<string, unknown>;
      const formed = "pattern" in one || "format" in one || "enum" in one || "const" in one;
      if (one["type"] === "string" && !formed) freeTexts.push(path);
      for (const [key, child] of Object.entries(one)) walk(child, `${path}/${key}`);
    };
    walk(messageJsonSchema()["$defs"], "");
    expect(freeTexts).toEqual([]);
  });

  test("name themselves", () => {
    for (const [type, definition] of Object.entries(MESSAGE_TYPES))
      expect(definition.type).toBe(type);
  });

  test("know every hold", () => {
    for (const hold of Object.keys(HOLD_BITS)) {
      const payload = { ...EXAMPLE_PAYLOADS["step.held"], hold };
      expect(refusal(aMessage("step.held", { payload }))).toBe("ok");
    }
  });
});

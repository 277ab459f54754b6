import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { childTraceparent, formatTraceparent, parseTraceparent, traceIdOf } from "./traceparent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

describe("parseTraceparent", () => {
  test("reads the recommendation's own example", () => {
    const context = { traceId: TRACE, spanId: SPAN, sampled: true };
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual(context);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled).toBe(false);
  });

  test("reads a later version by its first four fields", () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-more`)?.traceId).toBe(TRACE);
  });

  test.each([
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["more fields in version 00", `00-${TRACE}-${SPAN}-01-more`],
    ["too short", `00-${TRACE}-${SPAN}`],
    ["nothing", ""],
  ])("refuses %s", (_name, text) => expect(parseTraceparent(text)).toBeUndefined());
});

test("what is formatted reads back", () => {
  const hex = (length: number) =>
    fc
      .string({
        unit: fc.constantFrom(...Array.from("0123456789abcdef")),
        minLength: length,
        maxLength: length,
      })
      .filter((text) => !/^0+$/.test(text));
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
      const context = { traceId, spanId, sampled };
      expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    }),
    numRuns(10_000),
  );
  expect(() => formatTraceparent({ traceId: "x", spanId: SPAN, sampled: true })).toThrow(
    RangeError,
  );
});

test("a child stays in the trace and keeps the decision to sample", () => {
  expect(childTraceparent(`00-${TRACE}-${SPAN}-01`, "1".repeat(16))).toBe(
    `00-${TRACE}-${"1".repeat(16)}-01`,
  );
  expect(childTraceparent("rubbish", SPAN)).toBeUndefined();
});

test("a correlation id can stand in for a trace id", () => {
  expect(traceIdOf("4BF92F35-77b3-4da6-a3ce-929d0e0e4736")).toBe(TRACE);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numRuns } from "@nofx/core/testing";
import { parseFrame, writeFrame } from "./frames.ts";
import type { Frame } from "./frames.ts";

/** A broadcast as clients of version 2 send it. */
function binaryPush(frame: {
  joinRef: string;
  ref: string;
  topic: string;
  event: string;
  payload: unknown;
}): Buffer {
  const fields = [frame.joinRef, frame.ref, frame.topic, frame.event, ""].map((text) =>
    Buffer.from(text),
  );
  const head = Buffer.from([3, ...fields.map((field) => field.length), 1]);
  return Buffer.concat([head, ...fields, Buffer.from(JSON.stringify(frame.payload))]);
}

const refs = fc.option(fc.string({ maxLength: 20 }), { nil: null });
const frames: fc.Arbitrary<Frame> = fc.record({
  joinRef: refs,
  ref: refs,
  topic: fc.string({ maxLength: 60 }),
  event: fc.string({ maxLength: 60 }),
  payload: fc.dictionary(
    fc.string().filter((key) => key !== "__proto__"),
    fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  ),
});

describe("frames", () => {
  it.each(["1.0.0", "2.0.0"] as const)("read back what was written, in version %s", (version) => {
    fc.assert(
      fc.property(frames, (frame) => {
        const data = Buffer.from(writeFrame(frame, version));
        expect(parseFrame(data, false, version)).toEqual(frame);
      }),
      numRuns(10_000),
    );
  });

  it("read a binary broadcast with letters of several bytes", () => {
    const data = binaryPush({
      joinRef: "1",
      ref: "2",
      topic: "realtime:räume",
      event: "grüß",
      payload: { a: "日本" },
    });
    expect(parseFrame(data, true, "2.0.0")).toEqual({
      joinRef: "1",
      ref: "2",
      topic: "realtime:räume",
      event: "broadcast",
      payload: { type: "broadcast", event: "grüß", payload: { a: "日本" } },
    });
  });

  it("are undefined for whatever else arrives, and never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, binary) => {
        const frame = parseFrame(Buffer.from(bytes), binary, "2.0.0");
        expect(frame === undefined || typeof frame.topic === "string").toBe(true);
      }),
      numRuns(10_000),
    );
    for (const text of ["", "null", "[]", "{}", '["1","2",3,"e",{}]', '[1,2,"t","e"]']) {
      expect(parseFrame(Buffer.from(text), false, "2.0.0")).toBeUndefined();
    }
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "@nofx/core/testing";
import { cutPage, decodeCursor, encodeCursor } from "./paging.ts";

describe("a cursor", () => {
  test("gives back the keys it was made of", () => {
    const key = fc.oneof(fc.string(), fc.integer());
    fc.assert(
      fc.property(fc.array(key, { minLength: 1 }), (keys) => {
        expect(decodeCursor(encodeCursor(keys))).toEqual(keys);
      }),
      numRuns(10_000),
    );
  });

  test.each(["", "x", "e30", "W10", Buffer.from('[{"a":1}]').toString("base64url")])(
    "%j is refused by name",
    (cursor) => {
      expect(() => decodeCursor(cursor)).toThrow(
        expect.objectContaining({
          code: "invalid_input",
          issues: [expect.objectContaining({ path: "/cursor" })],
        }),
      );
    },
  );
});

test("a page has a cursor only where more follows", () => {
  const rows = [1, 2, 3];
  expect(cutPage(rows, 3, (n) => [n]).nextCursor).toBeNull();
  expect(cutPage(rows, 2, (n) => [n])).toEqual({ items: [1, 2], nextCursor: encodeCursor([2]) });
});

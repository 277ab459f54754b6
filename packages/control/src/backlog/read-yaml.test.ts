import { NofxError } from "@nofx/core/errors";
import { describe, expect, it } from "vitest";
import { readDocument } from "./read-document.ts";

function refusal(text: string): NofxError {
  try {
    readDocument(text, "yaml");
  } catch (error) {
    if (NofxError.is(error)) return error;
    throw error;
  }
  throw new Error("was not refused");
}

const messages = (text: string) => refusal(text).issues?.map(({ message }) => message);
const many = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join("");
/** With the reader's precautions each takes about a second, without them a minute or more. */
const LIMIT_MS = 20_000;

describe("YAML", () => {
  it("is read, with anchors, empty values and comments", () => {
    const text = "# what\na: &x [1, two]\nb: *x\nc:\n";
    expect(readDocument(text, "auto")).toEqual({ a: [1, "two"], b: [1, "two"], c: null });
    expect(readDocument("", "yaml")).toBeNull();
  });

  it("names the line of each key that is there twice, in every map", () => {
    expect(messages("a: 1\nb:\n  - { c: 1, d: 2, c: 3 }\na: 2\n1: x\n'1': y\n")).toEqual([
      "Map keys must be unique at line 4, column 1",
      "Map keys must be unique at line 6, column 1",
      "Map keys must be unique at line 3, column 19",
    ]);
  });

  it("names the line of what is no YAML", () => {
    expect(messages("a: 1\nb: c: d\n")?.[0]).toMatch(/at line 2, column \d+$/);
    expect(refusal("a: 1\n---\nb: 2\n").detail).toContain("one");
  });

  it(
    "takes time in proportion to its length, however many keys it has",
    () => {
      const text = many(80_000, (n) => `key${n}: v\n`);
      expect(Object.keys(readDocument(text, "yaml") as object)).toHaveLength(80_000);
    },
    LIMIT_MS,
  );

  it.each([
    ["stray brackets", "]\n".repeat(500_000)],
    ["directives", "%x\n".repeat(300_000)],
    ["a nesting without end", "[".repeat(100_000)],
    ["lists in lists", "- ".repeat(90_000)],
    ["more aliases than anyone needs", many(20_000, (n) => `- &a${n} x\n- *a${n}\n`)],
    ["an alias bomb", `- &a0 [x]\n${many(12, (n) => `- &a${n + 1} [${`*a${n},`.repeat(9)}]\n`)}`],
    ["a line without end", "x".repeat(300_000)],
  ])(
    "is refused soon when it is %s",
    (_, text) => {
      expect(refusal(text).code).toBe("invalid_json");
    },
    LIMIT_MS,
  );
});

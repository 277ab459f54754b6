import { MAX_LINE } from "@nofx/control/steps";
import { numRuns } from "@nofx/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_STREAM_BYTES, OutputLines } from "./output-lines.ts";

function collect(chunks: Uint8Array[]) {
  const lines: string[] = [];
  const notices: string[] = [];
  const output = new OutputLines(
    "stdout",
    (line) => lines.push(line),
    (notice) => notices.push(notice),
  );
  for (const chunk of chunks) output.push(chunk);
  output.end();
  return { lines, notices, tail: output.tail() };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("lines come whole, however the bytes were cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary" })),
      fc.integer({ min: 1, max: 7 }),
      (texts, size) => {
        const expected = texts.map((text) =>
          text.replaceAll(/[\n\r]/g, "").replaceAll("\u0000", "\ufffd"),
        );
        const all = bytes(texts.map((text) => `${text.replaceAll(/[\n\r]/g, "")}\n`).join(""));
        const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
          all.slice(i * size, (i + 1) * size),
        );
        expect(collect(chunks).lines).toEqual(expected);
      },
    ),
    numRuns(2_000),
  );
});

test("whatever comes in can be stored", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (chunks) => {
      for (const line of collect(chunks).lines) {
        expect(line.isWellFormed()).toBe(true);
        expect(line).not.toContain("\u0000");
        expect(line.length).toBeLessThanOrEqual(MAX_LINE);
      }
    }),
    numRuns(2_000),
  );
});

test("a long line is cut with a word about it, also in the middle of a pair, and the next one is whole", () => {
  const { lines } = collect([bytes(`${"😀".repeat(20_000)}\nnext\n`)]);
  expect(lines[0]).toMatch(/line cut here]$/);
  expect(lines[0]?.length).toBeLessThanOrEqual(MAX_LINE);
  expect(lines[1]).toBe("next");
});

test("beyond a megabyte nothing is kept but the tail, and one notice says so", () => {
  const line = "x".repeat(1_000);
  const { lines, notices, tail } = collect([bytes(`${line}\n`.repeat(2_000)), bytes("last\n")]);
  expect(lines.join("").length).toBeLessThanOrEqual(MAX_STREAM_BYTES);
  expect(notices).toEqual(["stdout: more than 1 MiB; the rest is not kept"]);
  expect(tail.endsWith("last")).toBe(true);
});

test("a million empty lines are not a million rows", () => {
  expect(collect([bytes("\n".repeat(1_000_000))]).lines.length).toBeLessThan(20_000);
});

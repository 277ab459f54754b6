import { expect, it } from "vitest";
import { diffLines } from "./diff-lines.ts";

it("tells what went and what came", () => {
  expect(diffLines("a\nb\nc", "a\nx\nc")).toEqual([
    { kind: "same", text: "a" },
    { kind: "removed", text: "b" },
    { kind: "added", text: "x" },
    { kind: "same", text: "c" },
  ]);
});

/** All texts of up to four lines of two letters. */
const texts = Array.from({ length: 4 }, (_, n) => n + 1).flatMap((n) =>
  Array.from({ length: 2 ** n }, (_, bits) =>
    Array.from({ length: n }, (_, at) => ((bits >> at) & 1 ? "a" : "b")).join("\n"),
  ),
);

it("leads from the one text to the other, whatever they are", () => {
  for (const before of texts) {
    for (const after of texts) {
      const lines = diffLines(before, after);
      const without = (kind: string) =>
        lines.flatMap((line) => (line.kind === kind ? [] : [line.text])).join("\n");
      expect([without("added"), without("removed")]).toEqual([before, after]);
    }
  }
});

import { expect, it } from "vitest";
import { type CoverageMap, scoreChanges } from "./score.ts";

function entry(path: string, lines: Record<number, number>): CoverageMap[string] {
  const statements = Object.entries(lines);
  return {
    path,
    statementMap: Object.fromEntries(
      statements.map(([line], id) => [id, { start: { line: Number(line), column: 0 } }]),
    ),
    s: Object.fromEntries(statements.map(([, count], id) => [id, count])),
  };
}

it("counts the changed lines with statements, and puts the worst file first", () => {
  const coverage = {
    "/r/a.ts": entry("/r/a.ts", { 1: 3, 2: 0, 9: 0 }),
    "/r/b.ts": entry("/r/b.ts", { 1: 0, 2: 0 }),
    "/r/c.ts": entry("/r/c.ts", { 1: 0 }),
  };
  const changed = new Map([
    ["a.ts", new Set([1, 2, 3])],
    ["b.ts", new Set([1, 2])],
    ["gone.ts", new Set([1])],
  ]);
  expect(scoreChanges("/r", coverage, changed)).toEqual([
    { file: "b.ts", covered: 0, total: 2 },
    { file: "a.ts", covered: 1, total: 2 },
  ]);
});

it("takes a line as run when any statement on it ran, here or in another process", () => {
  const twice = entry("/r/a.ts", { 1: 0, 5: 0, 6: 0 });
  twice.statementMap["9"] = { start: { line: 1, column: 8 } };
  twice.s["9"] = 1;
  const changed = new Map([["a.ts", new Set([1, 5, 6])]]);
  const elsewhere = (file: string, line: number) => file === "/r/a.ts" && line === 5;
  expect(scoreChanges("/r", { "/r/a.ts": twice }, changed, elsewhere)).toEqual([
    { file: "a.ts", covered: 2, total: 3 },
  ]);
});

import { expect, it } from "vitest";
import { joinLines, type Lines, reaches } from "./join-lines.ts";

const page = (ids: number[], nextCursor: string | null = null): Lines => ({
  items: ids.map((id) => ({
    id: String(id),
    stepId: "step_1",
    stepName: "build",
    epoch: 1,
    at: "2026-01-01T00:00:00Z",
    stream: "stdout",
    text: `line ${id}`,
  })),
  nextCursor,
  total: null,
});
const ids = (lines: Lines) => lines.items.map((line) => Number(line.id));

it("adds what is new once, in order, and keeps the way to older lines", () => {
  const known = page([8, 9, 10], "older");
  const joined = joinLines(known, [page([10, 11, 100], "newer")]);
  expect(ids(joined)).toEqual([8, 9, 10, 11, 100]);
  expect(joined.nextCursor).toBe("older");
});

it("begins with the pages when nothing is known", () => {
  const joined = joinLines(undefined, [page([5, 6], "b"), page([3, 4], "a")]);
  expect(ids(joined)).toEqual([3, 4, 5, 6]);
  expect(joined.nextCursor).toBe("a");
});

it("begins again when what is known is empty", () => {
  expect(joinLines(page([]), [page([1, 2], "x")]).nextCursor).toBe("x");
});

it("knows whether there is a gap to fill", () => {
  expect(reaches(page([1, 2]), page([2, 3], "c"))).toBe(true);
  expect(reaches(page([1, 2]), page([30, 31], "c"))).toBe(false);
  expect(reaches(page([1, 2]), page([30, 31], null))).toBe(true);
  expect(reaches(undefined, page([30], "c"))).toBe(true);
  expect(reaches(page([1]), page([], null))).toBe(true);
});

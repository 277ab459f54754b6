import { expect, it } from "vitest";
import { choose, movedInPages, stepTo } from "./selection.ts";

const rows = ["a", "b", "c", "d", "e"].map((id) => ({ id, key: id, pack: id === "e" ? "q" : "p" }));
const none = new Map<string, { key: string; pack: string }>();

it("chooses one, a range in either direction, and takes a range back", () => {
  const one = choose(rows, none, "d", undefined);
  expect([...one.keys()]).toEqual(["d"]);
  const range = choose(rows, one, "b", "d");
  expect([...range.keys()].sort()).toEqual(["b", "c", "d"]);
  expect([...choose(rows, range, "c", "b").keys()]).toEqual(["d"]);
  expect([...choose(rows, none, "b", "gone").keys()]).toEqual(["b"]);
});

it("steps past its neighbour in the same pack, and no further", () => {
  expect(stepTo(rows, "b", true)).toEqual({ item: "b", target: "a", side: "before" });
  expect(stepTo(rows, "a", true)).toBeUndefined();
  expect(stepTo(rows, "d", false)).toBeUndefined();
});

it("moves a row from page to page", () => {
  const pages = [rows.slice(0, 2), rows.slice(2)];
  const ids = (moved: { id: string }[][]) => moved.map((page) => page.map(({ id }) => id).join(""));
  expect(ids(movedInPages(pages, { item: "d", target: "a", side: "before" }))).toEqual([
    "da",
    "bce",
  ]);
  expect(ids(movedInPages(pages, { item: "a", target: "c", side: "after" }))).toEqual([
    "bc",
    "ade",
  ]);
  expect(ids(movedInPages(pages, { item: "x", target: "c", side: "after" }))).toEqual([
    "ab",
    "cde",
  ]);
});

import { expect, it } from "vitest";
import { choose, inOrder, movedTo, stepTo } from "./selection.ts";

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

it("moves a row before and after another, and nowhere when one of them is not there", () => {
  const order = ["a", "b", "c", "d"];
  const move = (item: string, target: string, side: "before" | "after") =>
    movedTo(order, { item, target, side }).join("");
  expect(move("d", "a", "before")).toBe("dabc");
  expect(move("a", "c", "after")).toBe("bcad");
  expect(move("x", "c", "after")).toBe("abcd");
  expect(move("a", "x", "after")).toBe("abcd");
});

it("keeps the order of one's own over the order of a reading, new rows last", () => {
  const read = ["a", "b", "new", "c"].map((id) => ({ id }));
  expect(inOrder(read, ["c", "gone", "a", "b"]).map(({ id }) => id)).toEqual([
    "c",
    "a",
    "b",
    "new",
  ]);
});

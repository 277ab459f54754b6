import fc from "fast-check";
import { expect, it } from "vitest";
import { validateBacklog } from "../planner/index.ts";
import { aBacklog, prng } from "../testing/index.ts";
import { orderAfterImport } from "./order-after-import.ts";
import { sortOut } from "./sort-out.ts";

const known = (keys: string[]) => ({ keys: new Set(keys), needsOf: () => [] });

it("parts rows into good ones that stand alone and bad ones that say why, and loses none", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (seed) => {
      const random = prng(seed);
      const document = aBacklog(30, 40, seed);
      for (const row of document.items) {
        const dice = random();
        if (dice < 0.05) row["title"] = "";
        else if (dice < 0.1) row["needs"] = [...(row["needs"] as string[]), "nowhere"];
        else if (dice < 0.15) row["id"] = document.items[0]?.["id"];
      }
      const { good, bad } = sortOut(document, []);
      expect(good.length + bad.size).toBe(30);
      for (const issues of bad.values()) expect(issues).not.toHaveLength(0);
      if (good.length === 0) return;
      const items = good.map(({ row }) => document.items[row]);
      expect(validateBacklog({ ...document, items }).ok).toBe(true);
    }),
    { numRuns: process.env["PROVE"] === "1" ? 2_000 : 100 },
  );
});

it("breaks what hangs on a wrong row down to the last, unless the pack has that row already", () => {
  const row = (id: string, needs: string[], title = id) => ({ id, title, needs });
  const items = [
    row("a", [], ""),
    row("b", ["a"]),
    row("c", ["b"]),
    row("d", ["e"]),
    row("e", ["d"]),
  ];
  const document = { version: 1, pack: "p", items };
  const places = (found: ReturnType<typeof sortOut>) =>
    [...found.bad.keys()].toSorted((a, b) => a - b);
  expect(places(sortOut(document, []))).toEqual([0, 1, 2, 3, 4]);
  const there = sortOut(document, [], known(["a"]));
  expect(places(there)).toEqual([0, 3, 4]);
  expect(there.bad.get(4)?.[0]?.message).toBe('needs "d", which cannot be imported');
  expect(there.good.map(({ row: place }) => place)).toEqual([1, 2]);
});

it("names every one of many wrong rows, though only some with all care", () => {
  const items = Array.from({ length: 3_000 }, (_, n) => ({
    id: `i${n}`,
    title: "t",
    needs: [`x${n}`],
  }));
  const { bad, good } = sortOut({ version: 1, pack: "p", items }, []);
  expect([bad.size, good.length]).toEqual([3_000, 0]);
  expect(bad.get(2_999)?.[0]?.message).toBe('needs "x2999", which does not exist');
});

it("says what is wrong with a document beside its rows", () => {
  const found = sortOut({ version: 2, pack: "p", items: [{ id: "a", title: "a" }] }, []);
  expect(found.document).toBeUndefined();
  expect(found.issues[0]?.path).toBe("/version");
});

it.each([
  ["nothing there", [], ["a", "b"], false, "ab"],
  ["nothing in common", ["a"], ["b"], true, "ab"],
  ["the document's order", ["a", "b", "x"], ["b", "n", "a"], false, "bnax"],
  ["the people's order", ["b", "x", "a"], ["n", "a", "m", "b"], true, "nbxam"],
] as const)("orders a pack: %s", (_, before, document, arranged, order) => {
  expect(orderAfterImport(before, document, arranged).join("")).toBe(order);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { SpareSlots } from "./spare-slots.ts";

function fill(spare: SpareSlots, tenant: string, count: number): void {
  spare.came(tenant, 0);
  for (let i = 0; i < count; i++) spare.started(tenant);
}

const full = (spare: SpareSlots, now = 0) => [...spare.full(now)];

test("a tenant that is alone may have all slots", () => {
  const spare = new SpareSlots(20);
  fill(spare, "a", 20);
  expect(full(spare)).toEqual([]);
  expect(spare.kept(0)).toBe(0);
});

test("beside another it leaves a tenth of them free, until the other has been gone for ten seconds", () => {
  const spare = new SpareSlots(20);
  fill(spare, "a", 16);
  fill(spare, "b", 1);
  expect(full(spare)).toEqual([]);
  expect([...spare.large(0)]).toEqual(["a"]);
  spare.started("a");
  expect(full(spare)).toEqual(["a"]);
  spare.ended("b", 100);
  expect(full(spare, 100)).toEqual([]);
  spare.started("a");
  expect(full(spare, 10_100)).toEqual(["a"]);
  expect(full(spare, 10_101)).toEqual([]);
  spare.came("b", 10_200);
  expect(full(spare, 10_200)).toEqual(["a"]);
});

test("of several that have much none gets what is kept, and one that has little does", () => {
  const spare = new SpareSlots(20);
  fill(spare, "a", 9);
  fill(spare, "b", 8);
  fill(spare, "c", 1);
  expect(full(spare).toSorted()).toEqual(["a", "b"]);
  spare.started("c");
  expect(full(spare).toSorted()).toEqual(["a", "b", "c"]);
});

test("of few slots none is kept, of many always some for others", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (slots) => {
      const spare = new SpareSlots(slots);
      fill(spare, "b", 0);
      spare.came("a", 0);
      let got = 0;
      while (got < slots && !spare.full(0).has("a")) {
        spare.started("a");
        got += 1;
      }
      expect(got).toBe(slots < 5 ? slots : slots - Math.max(1, Math.floor(slots / 10)));
      expect(spare.kept(0)).toBe(slots - got);
    }),
  );
});

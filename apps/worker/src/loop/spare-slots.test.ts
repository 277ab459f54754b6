import fc from "fast-check";
import { expect, test } from "vitest";
import { SpareSlots } from "./spare-slots.ts";

function fill(spare: SpareSlots, tenant: string, count: number): void {
  spare.came(tenant, 0);
  for (let i = 0; i < count; i++) spare.started(tenant);
}

test("a tenant that is alone may have all slots", () => {
  const spare = new SpareSlots(20);
  fill(spare, "a", 20);
  expect(spare.full(0)).toBeUndefined();
});

test("beside another it gets no more than nine tenths, until the other has been gone for ten seconds", () => {
  const spare = new SpareSlots(20);
  fill(spare, "a", 17);
  fill(spare, "b", 1);
  expect(spare.full(0)).toBeUndefined();
  spare.started("a");
  expect(spare.full(0)).toBe("a");
  spare.ended("b", 100);
  expect(spare.full(10_100)).toBe("a");
  expect(spare.full(10_101)).toBeUndefined();
  spare.came("b", 10_200);
  expect(spare.full(10_200)).toBe("a");
});

test("of few slots none is kept, of many always some for others", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (slots) => {
      const spare = new SpareSlots(slots);
      fill(spare, "b", 0);
      spare.came("a", 0);
      let got = 0;
      while (got < slots && spare.full(0) === undefined) {
        spare.started("a");
        got += 1;
      }
      expect(got).toBe(slots < 5 ? slots : slots - Math.max(1, Math.floor(slots / 10)));
    }),
  );
});

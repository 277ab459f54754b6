import { expect, test } from "vitest";
import { system } from "./system.ts";

const { clock, random, newUuid } = system;

test("the machine's timers fire, unless they were taken back", async () => {
  const fired: string[] = [];
  const cancel = clock.timer(1, () => fired.push("cancelled"));
  cancel();
  await new Promise<void>((resolve) => {
    clock.timer(20, () => {
      fired.push("late");
      resolve();
    });
    clock.timer(0, () => fired.push("early"), { background: true });
  });
  expect(fired).toEqual(["early", "late"]);
});

test("a sleep ends with its time or with its signal, and never throws", async () => {
  const stop = new AbortController();
  const asleep = clock.sleep(3_600_000, stop.signal);
  stop.abort(new Error("enough"));
  await asleep;
  await clock.sleep(3_600_000, stop.signal);
  await clock.sleep(1);
});

test("its clock goes forward, its ids sort by when they were made", () => {
  const before = clock.now();
  expect(clock.now()).toBeGreaterThanOrEqual(before);
  expect(clock.date().getTime()).toBeGreaterThan(Date.UTC(2025, 0, 1));
  const ids = Array.from({ length: 100 }, newUuid);
  expect(ids.toSorted()).toEqual(ids);
  expect(random()).toBeLessThan(1);
});

import { prng } from "@nofx/core/testing";
import { expect, test } from "vitest";
import { ReadyQueue } from "./ready-queue.ts";
import { Timeline, type Due } from "./timeline.ts";

test("what is put in comes out in order of time, whatever the order of putting in and taking out", () => {
  const random = prng(1);
  const timeline = new Timeline<number>();
  const expected = new Map<Due<number>, number>();
  for (let n = 0; n < 2_000; n++) {
    const at = n + Math.floor(random() * 50);
    expected.set(timeline.put(at, n), at);
    if (random() > 0.4) continue;
    const [due] = [...expected.keys()].slice(Math.floor(random() * expected.size));
    if (due === undefined) continue;
    timeline.take(due);
    timeline.take(due);
    expected.delete(due);
  }
  const ats = [...expected.values()].toSorted((a, b) => a - b);
  expect(timeline.next).toBe(ats[0]);
  expect(timeline.shift((ats[0] ?? 0) - 1)).toBeUndefined();
  const items: number[] = [];
  for (let item = timeline.shift(Infinity); item !== undefined; item = timeline.shift(Infinity)) {
    items.push(item);
  }
  const wanted = [...expected].toSorted(([, a], [, b]) => a - b).map(([due]) => due.at);
  expect(items).toHaveLength(wanted.length);
  expect(wanted).toEqual(ats);
  expect(timeline.next).toBe(Infinity);
});

test("tenants take turns, those of one tenant keep their order", () => {
  const queue = new ReadyQueue<string>();
  for (let n = 0; n < 4; n++) queue.push("flood", `flood ${n}`);
  queue.push("other", "other 0");
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(["flood 0", "other 0", "flood 1"]);
  queue.push("third", "third 0");
  queue.push("other", "other 1");
  expect(queue.size).toBe(4);
  const rest = Array.from({ length: 5 }, () => queue.shift());
  expect(rest).toEqual(["flood 2", "third 0", "other 1", "flood 3", undefined]);
  expect(queue.size).toBe(0);
});

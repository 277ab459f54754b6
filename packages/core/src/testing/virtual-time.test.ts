import { expect, test } from "vitest";
import { abortAfter } from "../seams/index.ts";
import { settled, VirtualTime, virtualClock } from "./virtual-time.ts";
import { prng } from "./prng.ts";

test("what is due happens in order of time, then of asking; what was taken back does not", async () => {
  const time = new VirtualTime();
  const random = prng(1);
  const done: { at: number; n: number }[] = [];
  const asked = Array.from({ length: 500 }, (_, n) => {
    const at = Math.floor(random() * 100);
    const cancel = time.in(at, () => done.push({ at, n }));
    return { at, n, cancel, isCancelled: random() < 0.2 };
  });
  for (const one of asked) if (one.isCancelled) one.cancel();
  await time.advance(1_000);
  const expected = asked
    .filter((one) => !one.isCancelled)
    .map(({ at, n }) => ({ at, n }))
    .toSorted((a, b) => a.at - b.at || a.n - b.n);
  expect(done).toEqual(expected);
  expect(time.now).toBe(1_000);
  expect(time.step()).toBe(false);
});

test("who sleeps wakes when the time has passed or the signal fires, and leaves no timer behind", async () => {
  const time = new VirtualTime();
  const clock = virtualClock(time);
  const stop = new AbortController();
  const woken: string[] = [];
  void clock.sleep(50).then(() => woken.push("time"));
  void clock.sleep(1_000_000, stop.signal).then(() => woken.push("signal"));
  await time.advance(49);
  expect(woken).toEqual([]);
  await time.advance(1);
  expect(woken).toEqual(["time"]);
  stop.abort();
  await settled();
  expect(woken).toEqual(["time", "signal"]);
  await clock.sleep(1_000, stop.signal);
  expect(time.step()).toBe(false);
});

test("a deadline fires by the given clock, and not when it was let go", async () => {
  const time = new VirtualTime();
  const clock = virtualClock(time);
  const [late, early] = [abortAfter(clock, 100), abortAfter(clock, 100)];
  early.cancel();
  await time.advance(99);
  expect(late.signal.aborted).toBe(false);
  await time.advance(1);
  expect(late.signal.aborted).toBe(true);
  expect(late.signal.reason).toMatchObject({ name: "TimeoutError" });
  expect(early.signal.aborted).toBe(false);
});

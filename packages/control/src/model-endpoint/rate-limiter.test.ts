import { expect, it } from "vitest";
import { createRateLimiter } from "./rate-limiter.ts";

it("lets through so many a minute, ten seconds of them at once, each caller by itself", () => {
  let now = 0;
  const limiter = createRateLimiter({ now: () => now });
  const taken = (key: string, times: number) =>
    Array.from({ length: times }, () => limiter.take(key, 60)).filter((wait) => wait === 0).length;
  expect(taken("a", 50)).toBe(10);
  expect(limiter.take("a", 60)).toBe(1_000);
  expect(taken("b", 50)).toBe(10);
  now += 3_000;
  expect(taken("a", 50)).toBe(3);
  now += 3_600_000;
  expect(taken("a", 50)).toBe(10);
});

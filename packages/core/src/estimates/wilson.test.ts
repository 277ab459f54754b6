import fc from "fast-check";
import { expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { wilson } from "./wilson.ts";

test("the rate lies in its interval, and more of the same makes it narrower", () => {
  fc.assert(
    fc.property(fc.nat(50), fc.integer({ min: 1, max: 50 }), (successes, more) => {
      const n = successes + more;
      const [low, high] = wilson(successes / n, n);
      expect(low).toBeLessThanOrEqual(successes / n + 1e-9);
      expect(high).toBeGreaterThanOrEqual(successes / n - 1e-9);
      const [low10, high10] = wilson(successes / n, n * 10);
      expect(high10 - low10).toBeLessThan(high - low + 1e-12);
    }),
    numRuns(200),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { fullBucket, giveBack, refill, take, type Bucket, type Rate } from "./token-bucket.ts";

const aRate: fc.Arbitrary<Rate> = fc.record({
  rate: fc.integer({ min: 1, max: 1_000 }),
  perSeconds: fc.integer({ min: 1, max: 3_600 }),
  burst: fc.integer({ min: 1, max: 100 }),
});
/** Steps on a clock, some of them back, each with what is wanted and what of that comes back unused. */
const asks = fc.array(
  fc.record({
    us: fc.integer({ min: -1_000_000, max: 20_000_000 }),
    want: fc.integer({ min: 1, max: 50 }),
    unused: fc.integer({ min: 0, max: 5 }),
  }),
  { maxLength: 60 },
);

test("no window sees more than burst + rate x time", () => {
  fc.assert(
    fc.property(aRate, asks, (rate, script) => {
      let bucket = fullBucket(rate, 0n);
      let now = 0n;
      const taken: { at: bigint; n: number }[] = [];
      for (const { us, want, unused } of script) {
        now = now + BigInt(us) < 0n ? 0n : now + BigInt(us);
        const answer = take(bucket, rate, now, want);
        const back = Math.min(unused, answer.taken);
        bucket = giveBack(answer.bucket, rate, back);
        taken.push({ at: bucket.atUs, n: answer.taken - back });
      }
      for (const [i, first] of taken.entries()) {
        let sum = 0;
        for (const last of taken.slice(i)) {
          sum += last.n;
          const seconds = Number(last.at - first.at) / 1e6;
          expect(sum).toBeLessThanOrEqual(
            rate.burst + (rate.rate * seconds) / rate.perSeconds + 1e-6,
          );
        }
      }
    }),
    numRuns(300),
  );
});

test("however often it is asked, the long run gets its rate", () => {
  const rate = { rate: 1, perSeconds: 3_600, burst: 1 };
  let bucket: Bucket = fullBucket(rate, 0n);
  let got = 0;
  for (let ms = 0; ms <= 36_000_000; ms += 997) {
    const answer = take(bucket, rate, BigInt(ms) * 1_000n, 5);
    bucket = answer.bucket;
    got += answer.taken;
  }
  expect(got).toBe(1 + 9);
});

test("a full bucket stays full, and holds no more than its burst", () => {
  const rate = { rate: 5, perSeconds: 1, burst: 3 };
  expect(refill(fullBucket(rate, 0n), rate, 10n ** 15n)).toBe(3_000_000n);
  expect(giveBack(fullBucket(rate, 0n), rate, 7).micros).toBe(3_000_000n);
});

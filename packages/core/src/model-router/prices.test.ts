import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numRuns } from "../testing/index.ts";
import { picoOfUsd, usdOfPico } from "./money.ts";
import { costOf, priceInForce, type DatedPrice, type Price } from "./prices.ts";
import { TokenClass, type Usage } from "./usage.ts";

const tokens = fc.nat(10_000_000);
const usages: fc.Arbitrary<Usage> = fc.record({
  input: tokens,
  cacheRead: tokens,
  cacheWrite: tokens,
  output: tokens,
  reasoning: tokens,
});
const rate = fc.bigInt({ min: 0n, max: 10n ** 10n });
const own = fc.option(rate);
const prices: fc.Arbitrary<Price> = fc.record({
  input: rate,
  output: rate,
  cacheRead: own,
  cacheWrite: own,
  reasoning: own,
});
const sum = (a: Usage, b: Usage) =>
  Object.fromEntries(TokenClass.options.map((of) => [of, a[of] + b[of]])) as Usage;

describe("costOf", () => {
  it("of two calls is the sum of theirs, to the last picodollar", () => {
    fc.assert(
      fc.property(usages, usages, prices, (a, b, price) => {
        expect(costOf(a, price) + costOf(b, price)).toBe(costOf(sum(a, b), price));
      }),
      numRuns(300),
    );
  });

  it("takes the price of its side for a class without one", () => {
    fc.assert(
      fc.property(usages, prices, (usage, price) => {
        const plain = { ...price, cacheRead: null, cacheWrite: null, reasoning: null };
        const { input, cacheRead, cacheWrite, output, reasoning } = usage;
        expect(costOf(usage, plain)).toBe(
          BigInt(input + cacheRead + cacheWrite) * price.input +
            BigInt(output + reasoning) * price.output,
        );
      }),
      numRuns(300),
    );
  });

  it("is what the provider's page says", () => {
    // 3 and 15 USD a million, 0.30 read from a cache
    const price = {
      input: picoOfUsd("0.000003"),
      output: picoOfUsd("0.000015"),
      cacheRead: picoOfUsd("0.0000003"),
      cacheWrite: null,
      reasoning: null,
    };
    const usage = { input: 1_000, cacheRead: 10_000, cacheWrite: 0, output: 90, reasoning: 10 };
    expect(usdOfPico(costOf(usage, price))).toBe("0.0075");
  });
});

describe("money", () => {
  it("is written and read without loss", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (pico) => {
        expect(picoOfUsd(usdOfPico(pico))).toBe(pico);
      }),
      numRuns(300),
    );
  });

  it("refuses what is no amount, or finer than it can hold", () => {
    for (const wrong of ["", "1e-7", ".5", "1.", "1,5", "0.0000000000001", "NaN"]) {
      expect(() => picoOfUsd(wrong)).toThrow(RangeError);
    }
    expect(picoOfUsd("0.0000000000010")).toBe(1n);
  });
});

describe("priceInForce", () => {
  const price = (rest: Partial<DatedPrice>): DatedPrice => ({
    input: 1n,
    output: 1n,
    cacheRead: null,
    cacheWrite: null,
    reasoning: null,
    from: 0,
    aboveTokens: 0,
    own: false,
    ...rest,
  });
  const call = (input: number, at: number) => ({
    at,
    usage: { input, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
  });

  it("is the newest that has begun, of the tier that the call is in", () => {
    const all = [
      price({ from: 10, input: 2n }),
      price({ from: 20, input: 3n }),
      price({ from: 20, input: 4n, aboveTokens: 200 }),
    ];
    expect(priceInForce(all, call(1, 9))).toBeUndefined();
    expect(priceInForce(all, call(500, 19))?.input).toBe(2n);
    expect(priceInForce(all, call(200, 20))?.input).toBe(3n);
    expect(priceInForce(all, call(201, 20))?.input).toBe(4n);
    expect(priceInForce([], call(1, 1))).toBeUndefined();
  });

  it("is the tenant's own from its day on", () => {
    const all = [price({ from: 10, input: 2n }), price({ from: 5, input: 9n, own: true })];
    expect(priceInForce(all, call(1, 4))).toBeUndefined();
    expect(priceInForce(all, call(1, 30))?.input).toBe(9n);
  });
});

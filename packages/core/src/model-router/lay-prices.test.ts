import { expect, test } from "vitest";
import { layPrices, type StoredPrice } from "./lay-prices.ts";
import { priceInForce } from "./prices.ts";

const price = (from: number, input: bigint, rest: Partial<StoredPrice> = {}): StoredPrice => ({
  input,
  output: input,
  cacheRead: null,
  cacheWrite: null,
  reasoning: null,
  from,
  aboveTokens: 0,
  own: false,
  withdrawn: false,
  ...rest,
});
const inputAt = (prices: readonly StoredPrice[], at: number, given = 1) =>
  priceInForce(layPrices(prices), {
    at,
    usage: { input: given, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
  })?.input;

test("a price of one's own holds until it is withdrawn; then the product's does, and its later ones", () => {
  const prices = [
    price(0, 1n),
    price(0, 2n, { aboveTokens: 100 }),
    price(50, 3n),
    price(10, 7n, { own: true }),
    price(20, 0n, { own: true, withdrawn: true }),
    price(60, 8n, { own: true }),
  ];
  expect([5, 15, 25, 55, 65].map((at) => inputAt(prices, at))).toEqual([1n, 7n, 1n, 3n, 8n]);
  expect(inputAt(prices, 25, 101)).toBe(2n);
});

test("withdrawn where the product knows none, there is none", () => {
  const prices = [price(10, 7n, { own: true }), price(20, 0n, { own: true, withdrawn: true })];
  expect(inputAt(prices, 15)).toBe(7n);
  // the one before must not come back
  expect(inputAt(prices, 25)).toBeUndefined();
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { calcPrice } from "@pydantic/genai-prices";
import { costOf, NO_USAGE, priceInForce, type DatedPrice } from "@nofx/core/model-router";
import { expect, test } from "vitest";
import { deriveModels, PROVIDERS, type PriceRow } from "./derive-prices.ts";

const MIGRATION = join(import.meta.dirname, "../../supabase/migrations/0062_models.sql");
const ALL = PROVIDERS.flatMap(([provider]) => deriveModels(provider));

test("the seed is what the price list says, line by line", () => {
  const seed = readFileSync(MIGRATION, "utf8");
  const lines = new Set(seed.split("\n").map((line) => line.replace(/,$/, "")));
  expect(ALL.length).toBeGreaterThan(300);
  expect(ALL.map((row) => JSON.stringify(row)).filter((row) => !lines.has(row))).toEqual([]);
  for (const [name] of PROVIDERS) expect(seed).toContain(`('${name}', `);
});

test("calls cost what the price list's own calculation says, below and above the tiers", () => {
  const at = new Date("2026-11-01T00:00:00Z");
  const wrong: string[] = [];
  for (const [provider, name, , , , rows] of ALL) {
    if (provider === "deepseek") continue; // by the hour of the day: left out
    for (const input of [1_000, 300_000]) {
      const usage = { ...NO_USAGE, input, cacheRead: 500, output: 2_000 };
      const theirs = calcPrice(
        { input_tokens: input + 500, cache_read_tokens: 500, output_tokens: 2_000 },
        name,
        { providerId: provider, timestamp: at },
      );
      // a name that the list itself takes for another model
      if (theirs === null || theirs.model.id !== name) continue;
      const price = priceInForce(rows.map(toPrice), { at: at.getTime(), usage });
      const ours = price === undefined ? NaN : Number(costOf(usage, price)) / 1e12;
      if (!(Math.abs(ours - theirs.total_price) < 1e-9)) {
        wrong.push(`${provider}/${name}: ${ours}, not ${theirs.total_price}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

function toPrice([from, aboveTokens, ...rates]: PriceRow): DatedPrice {
  const [input = 0n, output = 0n, cacheRead = null, cacheWrite = null, reasoning = null] =
    rates.map((rate) => (rate === null ? null : BigInt(rate)));
  return {
    from: Date.parse(from),
    aboveTokens,
    own: false,
    input: input ?? 0n,
    output: output ?? 0n,
    cacheRead,
    cacheWrite,
    reasoning,
  };
}

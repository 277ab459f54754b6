import { picoOfUsd, usdOfPico } from "../model-router/money.ts";
import type { BudgetMeasure } from "./measures.ts";

const WHOLE = /^\d{1,18}$/;

/**
 * An amount as people write it (`"2.50"` USD, `"40000"` tokens) as it is counted: picodollars, or so many. Throws RangeError on what
 * is none, or is finer than it can be counted.
 */
export function readAmount(measure: BudgetMeasure, text: string): bigint {
  if (measure === "usd") {
    const pico = picoOfUsd(text);
    if (pico < 0n) throw new RangeError(`not an amount of money: ${text}`);
    return pico;
  }
  if (!WHOLE.test(text)) throw new RangeError(`not a whole number: ${text}`);
  return BigInt(text);
}

/** As people read it, exactly: the other way round. */
export function writeAmount(measure: BudgetMeasure, amount: bigint): string {
  return measure === "usd" ? usdOfPico(amount) : amount.toString();
}

/** How much of the limit is gone, 0 to 1 and beyond; a limit of nothing is always gone. */
export function fullness(limit: bigint, gone: bigint): number {
  if (limit <= 0n) return 1;
  return Number((gone * 10_000n) / limit) / 10_000;
}

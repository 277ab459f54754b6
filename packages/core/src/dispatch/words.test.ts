import { expect, test } from "vitest";
import { outcomes, usd } from "./words.ts";

test("amounts have their sign before the currency, and one outcome is one", () => {
  expect([usd(-0.224), usd(0), usd(12.5)]).toEqual(["-$0.22", "$0.00", "$12.50"]);
  expect([outcomes(0), outcomes(1), outcomes(20)]).toEqual([
    "0 outcomes",
    "1 outcome",
    "20 outcomes",
  ]);
});

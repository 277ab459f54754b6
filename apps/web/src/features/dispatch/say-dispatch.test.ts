import { expect, test } from "vitest";
import { sayDollars, sayShare } from "./say-dispatch.ts";

test("shares are whole percents, dollars keep what is small", () => {
  expect([sayShare(0), sayShare(0.126), sayShare(1)]).toEqual(["0 %", "13 %", "100 %"]);
  expect([sayDollars(0), sayDollars(1.239), sayDollars(-2.5), sayDollars(0.0042)]).toEqual([
    "$0.00",
    "$1.24",
    "-$2.50",
    "$0.0042",
  ]);
});

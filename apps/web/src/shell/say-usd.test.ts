import { expect, test } from "vitest";
import { sayUsd } from "./say-usd.ts";

test("dollars are short, and what is small is not nothing", () => {
  expect([null, 0, 0.00123, 1.239, 12.345, -2.5].map(sayUsd)).toEqual([
    "–",
    "$0",
    "$0.0012",
    "$1.24",
    "$12.35",
    "-$2.50",
  ]);
});

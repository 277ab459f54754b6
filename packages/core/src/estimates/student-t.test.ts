import { expect, test } from "vitest";
import { studentT90 } from "./student-t.ts";

// Values of R's qt(0.9, df).
test.each([
  [2, 1.885_618],
  [4, 1.533_206],
  [5, 1.475_884],
  [10, 1.372_184],
  [30, 1.310_415],
  [100, 1.290_075],
  [1_000, 1.282_399],
])("with %d degrees of freedom: %d", (freedom, quantile) => {
  expect(studentT90(freedom)).toBeCloseTo(quantile, 3);
});

test("falls towards the normal distribution's", () => {
  let last = studentT90(2);
  for (let freedom = 2.5; freedom < 200; freedom += 0.5) {
    const next = studentT90(freedom);
    expect(next).toBeLessThan(last + 1e-9);
    last = next;
  }
  expect(last).toBeGreaterThan(1.2815);
});

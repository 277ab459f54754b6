import { expect, it } from "vitest";
import { withCount } from "./with-count.ts";

it.each([
  ["Runs · NOFX", 2, "(2) Runs · NOFX"],
  ["(2) Runs · NOFX", 3, "(3) Runs · NOFX"],
  ["(99+) Runs", 0, "Runs"],
  ["Runs", 100, "(99+) Runs"],
  ["Runs", 0, "Runs"],
])("%j with %d is %j", (title, count, expected) => {
  expect(withCount(title, count)).toBe(expected);
  expect(withCount(expected, count)).toBe(expected);
});

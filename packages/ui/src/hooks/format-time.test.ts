import { expect, it } from "vitest";
import { formatBytes, formatDuration, formatMoment, formatRelative } from "./format-time.ts";

it.each([
  [-5, "0 s"],
  [420, "420 ms"],
  [3_240, "3.2 s"],
  [12_400, "12 s"],
  [60_000, "1 min"],
  [90_500, "1 min 31 s"],
  [3_600_000 + 59_600, "1 h 1 min"],
  [2 * 86_400_000, "2 d"],
])("says %d ms as %s", (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

it.each([
  [1_000, "now"],
  [-65_000, "1 min ago"],
  [7_300_000, "in 2 h 1 min"],
  [7_200_000, "in 2 h"],
  [-(3 * 86_400_000 - 1_000), "2 d 23 h ago"],
  [-12 * 86_400_000 - 5_000_000, "12 d ago"],
  [-200_000, "3 min ago"],
])("says an offset of %d as %s", (offset, words) => {
  expect(formatRelative(1_700_000_000_000 + offset, 1_700_000_000_000)).toBe(words);
});

it("prints the zone with the moment", () => {
  expect(formatMoment(0, "UTC")).toBe("1 Jan 1970, 00:00:00 UTC");
  expect(formatMoment(0, "Asia/Tokyo")).toContain("GMT+9");
});

it.each([
  [12, "12 B"],
  [4_321, "4.3 kB"],
  [48_000_000, "48 MB"],
])("says %d bytes as %s", (size, words) => {
  expect(formatBytes(size)).toBe(words);
});

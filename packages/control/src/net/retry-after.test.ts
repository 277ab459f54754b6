import { expect, test } from "vitest";
import { isPublicAddress } from "./public-address.ts";
import { retryAfterMs } from "./retry-after.ts";

const now = new Date("2026-01-01T00:00:00Z");

test.each([
  ["0", 0],
  ["120", 120_000],
  [" 5 ", 5_000],
  ["999999999", 86_400_000],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["soon", undefined],
  ["", undefined],
])("Retry-After %j is %j ms", (header, ms) => expect(retryAfterMs(header, now)).toBe(ms));

test("the public internet is public", () => {
  for (const address of ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2001:4860::8"]) {
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
  }
  expect(isPublicAddress("example.org")).toBe(false);
});

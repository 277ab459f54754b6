import { expect, test } from "vitest";
import { isWithinWindows } from "./is-within-windows.ts";

const berlin = (from: string, to: string, ...days: number[]) => ({
  timeZone: "Europe/Berlin",
  windows: [{ days, from, to }],
});

test.each([
  // a Wednesday, 10:00 in Berlin
  ["2026-11-18T09:00:00Z", berlin("09:00", "16:00", 3), true],
  ["2026-11-18T09:00:00Z", berlin("10:00", "16:00", 3), true],
  ["2026-11-18T15:00:00Z", berlin("09:00", "16:00", 3), false],
  ["2026-11-18T09:00:00Z", berlin("09:00", "16:00", 1, 2, 4), false],
  ["2026-11-18T22:59:00Z", berlin("00:00", "24:00", 3), true],
  // over midnight: the day is that of its beginning
  ["2026-11-18T22:30:00Z", berlin("22:00", "04:00", 3), true],
  ["2026-11-19T02:30:00Z", berlin("22:00", "04:00", 3), true],
  ["2026-11-18T02:30:00Z", berlin("22:00", "04:00", 3), false],
  // from Sunday into Monday
  ["2026-11-23T01:00:00Z", berlin("22:00", "04:00", 7), true],
  // the same instant of UTC before and after summer time ends
  ["2026-10-24T07:30:00Z", berlin("09:00", "09:45", 6, 7), true],
  ["2026-10-25T07:30:00Z", berlin("09:00", "09:45", 6, 7), false],
  ["2026-11-18T09:00:00Z", { timeZone: "UTC", windows: [] }, false],
])("%s in %j: %s", (now, windows, within) => {
  expect(isWithinWindows(windows, now)).toBe(within);
});

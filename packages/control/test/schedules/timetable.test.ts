import { timetableOf, wordsOf } from "@nofx/control/schedules";
import { expect, test } from "vitest";
import { enumerate, shiftsOf } from "./oracle.ts";

const PROVE = process.env["PROVE"] === "1";
const YEAR = [Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1)] as const;
const HOUR = 3_600_000;

/** Half an hour of summer time, midnights that do not exist, 45 minutes, none at all, and the two halves of the year. */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Africa/Cairo",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "UTC",
];
const PATTERNS = [
  "30 2 * * *",
  "0 0 * * *",
  "15,45 0-3 * * *",
  "45 1 * * 0",
  "0 2,3,14 * * *",
  "0 0 1 * 1",
  "*/20 * * * *",
  "0 * * * *",
  "*/15 2 * * *",
  "30 */2 * * *",
  "30 15 2 * * *",
];

const rule = (cron: string, timeZone: string) => ({
  cron,
  timeZone,
  everySeconds: null,
  anchorAt: 0,
});

function between(cron: string, timeZone: string, from: number, to: number): number[] {
  const timetable = timetableOf(rule(cron, timeZone));
  const instants: number[] = [];
  let at = timetable.after(from - 1);
  while (at !== undefined && at < to) {
    instants.push(at);
    at = timetable.after(at);
  }
  return instants;
}

/** The nights when clocks are moved, with a day around each; everything under PROVE. */
function stretches(zone: string): (readonly [number, number])[] {
  if (PROVE) return [YEAR];
  const shifts = shiftsOf(zone, ...YEAR);
  return shifts.length === 0
    ? [[YEAR[0], YEAR[0] + 48 * HOUR]]
    : shifts.map(({ at }) => [at - 20 * HOUR, at + 20 * HOUR] as const);
}

test.each(ZONES)(
  "%s: every instant is the one that looking at each minute finds, in the nights of change too",
  (zone) => {
    for (const [from, to] of stretches(zone)) {
      for (const cron of PATTERNS) {
        const found = between(cron, zone, from, to);
        expect({ cron, found }).toEqual({ cron, found: enumerate(cron, zone, from, to) });
      }
    }
  },
);

const shown = (cron: string, zone: string, from: string, hours: number) =>
  between(cron, zone, Date.parse(from), Date.parse(from) + hours * HOUR).map((at) =>
    new Date(at).toISOString().slice(0, 16),
  );

test("clocks go forward: a time that is left out takes place at the first instant after the gap, once", () => {
  // Berlin, 28 March: 02:00 is 03:00, which is 01:00 UTC
  const night = ["Europe/Berlin", "2027-03-28T00:00:00Z", 4] as const;
  expect(shown("30 2 * * *", ...night)).toEqual(["2027-03-28T01:00"]);
  expect(shown("0,15,30 2 * * *", ...night)).toEqual(["2027-03-28T01:00"]);
  expect(shown("0 2,3 * * *", ...night)).toEqual(["2027-03-28T01:00"]);
  // what has a step counts along: there is no third hour between two and three
  expect(shown("*/30 2 * * *", ...night)).toEqual([]);
  expect(shown("0 * * * *", ...night)).toHaveLength(4);
  // half an hour, on Lord Howe: 02:00 is 02:30
  expect(shown("15 2 * * *", "Australia/Lord_Howe", "2027-10-02T12:00:00Z", 8)).toEqual([
    "2027-10-02T15:30",
  ]);
  // a midnight that does not exist, in Santiago
  expect(shown("0 0 * * *", "America/Santiago", "2027-09-05T00:00:00Z", 12)).toEqual([
    "2027-09-05T04:00",
  ]);
});

test("clocks go back: a time that comes twice takes place the first time, a pattern in both hours", () => {
  // New York, 7 November: 01:00 to 02:00 comes twice, 05:00 and 06:00 UTC
  const night = ["America/New_York", "2027-11-07T04:00:00Z", 4] as const;
  expect(shown("30 1 * * *", ...night)).toEqual(["2027-11-07T05:30"]);
  expect(shown("30 * * * *", ...night)).toHaveLength(4);
  expect(shown("*/30 1 * * *", ...night)).toHaveLength(4);
  expect(shown("45 1 * * *", "Australia/Lord_Howe", "2027-04-03T12:00:00Z", 8)).toEqual([
    "2027-04-03T14:45",
  ]);
});

const refusal = (cron: string, timeZone = "UTC") => {
  try {
    return timetableOf(rule(cron, timeZone)).after(YEAR[0]);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each(["", "* * * *", "61 * * * *", "a b c d e", "0 0 1 1 * * 2020", "@reboot", "@every 5m"])(
  "%j is no cron expression",
  (cron) => {
    expect(refusal(cron)).toBe("cron_invalid");
  },
);

test("dates are no timetable, offsets no zone, and February 30 never comes", () => {
  expect(refusal("2027-01-01T00:00:00")).toBe("cron_invalid");
  expect(refusal("0 0 * * *", "Mars/Olympus")).toBe("time_zone_unknown");
  expect(refusal("0 0 * * *", "+02:00")).toBe("time_zone_unknown");
  expect(refusal("0 0 30 2 *")).toBeUndefined();
  expect(refusal("@daily")).toBe(Date.UTC(2027, 0, 2));
});

test("a timetable is said in words", () => {
  expect(wordsOf(rule("30 9 * * MON-FRI", "UTC"))).toBe("At 09:30, Monday through Friday");
  expect(wordsOf(rule("@daily", "UTC"))).toBe("At 00:00");
  expect(wordsOf({ ...rule("", "UTC"), cron: null, everySeconds: 90 })).toBe("Every 90 seconds");
  expect(wordsOf({ ...rule("", "UTC"), cron: null, everySeconds: 7_200 })).toBe("Every 2 hours");
});

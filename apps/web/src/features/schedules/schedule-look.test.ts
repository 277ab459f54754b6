import { expect, it } from "vitest";
import { FIRING_LOOK, sayFiring, sayPolicies, scheduleLook } from "./schedule-look.ts";
import { isFiltered, readSchedulesFilter } from "./search-params.ts";

it.each([
  ["active", "2027-01-01T00:00:00Z", "Active"],
  ["active", null, "Over"],
  ["paused", null, "Paused"],
] as const)("%s with next %s is %s", (status, nextAt, label) => {
  expect(scheduleLook({ status, nextAt }).label).toBe(label);
});

it.each([
  ["fired", 1, null, /^$/],
  ["skipped_overlap", 1, null, /still going/],
  ["missed", 1, null, /for it$/],
  ["missed", 1_200, null, /^1,200 instants/],
  ["failed", 1, "no queue", /no queue/],
] as const)("%s of %d says why", (outcome, occurrences, error, words) => {
  expect(sayFiring({ outcome, occurrences, error }) ?? "").toMatch(words);
  expect(FIRING_LOOK[outcome].label).not.toBe("");
});

it("says the policies in words", () => {
  const usual = { overlap: "allow", missed: "catch_up", catchUp: 1, jitterSeconds: 0 } as const;
  expect(sayPolicies(usual)).toEqual({
    overlap: "begins beside the run before",
    missed: "the newest is made up for",
    jitter: undefined,
  });
  expect(sayPolicies({ ...usual, overlap: "skip", catchUp: 5, jitterSeconds: 9 })).toEqual({
    overlap: "left out while the run before goes on",
    missed: "the newest 5 are made up for",
    jitter: "up to 9 s later",
  });
  expect(sayPolicies({ ...usual, missed: "skip" }).missed).toBe("left out");
});

it("reads its filter from the address, and only what it knows", () => {
  const read = (params: Record<string, string>) => readSchedulesFilter((name) => params[name]);
  expect(read({ status: "paused", q: " night " })).toEqual({ status: "paused", search: "night" });
  expect(isFiltered(read({ status: "other", q: " " }))).toBe(false);
  expect(isFiltered(read({ q: "a" }))).toBe(true);
});

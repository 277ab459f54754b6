import { expect, test } from "vitest";
import { hiddenBetween, isFiltered, readAuditFilter } from "./search-params.ts";

const from = (values: Record<string, string>) => readAuditFilter((name) => values[name]);

test("the filter is read from the address, and what is none is left out", () => {
  expect(
    from({ verb: "plan.", by: "member", actor: " Ada ", about: "plan_1", from: "2026-11-21" }),
  ).toEqual({
    verb: "plan.",
    actorType: "member",
    actor: "Ada",
    subject: "plan_1",
    from: "2026-11-21T00:00:00.000Z",
  });
  expect(from({ to: "2026-11-21" }).to).toBe("2026-11-21T23:59:59.999Z");
  const nothing = from({
    verb: "'; drop",
    by: "ghost",
    actor: " ",
    from: "2026-13-41",
    to: "soon",
  });
  expect(nothing).toEqual({});
  expect(isFiltered(nothing)).toBe(false);
});

test("seals of events are shown to those who ask for them", () => {
  expect(from({ verb: "events." })).toEqual({ verb: "events.", seals: true });
  expect(from({ verb: "all" })).toEqual({ seals: true });
  expect(isFiltered(from({ verb: "all" }))).toBe(false);
});

test("numbers that are not shown are counted", () => {
  expect(hiddenBetween({ seq: 9 }, { seq: 8 })).toBe(0);
  expect(hiddenBetween({ seq: 9 }, { seq: 5 })).toBe(3);
});

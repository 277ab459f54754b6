import { expect, it } from "vitest";
import { readUsageFilter } from "./search-params.ts";

const read = (params: Record<string, string>) => readUsageFilter((name) => params[name]);

it("takes what it knows, and leaves out the rest", () => {
  expect(read({})).toEqual({ by: "day" });
  expect(read({ by: "agent", from: "2026-11-01", to: "2026-11-30" })).toEqual({
    by: "agent",
    from: "2026-11-01",
    to: "2026-11-30",
  });
  expect(read({ by: "planet", from: "2026-02-30", to: "x" })).toEqual({ by: "day" });
  expect(read({ from: "2026-11-02", to: "2026-11-01" })).toEqual({ by: "day" });
});

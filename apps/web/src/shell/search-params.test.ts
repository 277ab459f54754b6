import { expect, it } from "vitest";
import { readApprovalsFilter } from "#features/approvals/search-params.ts";
import { readBacklogFilter } from "#features/backlog/search-params.ts";
import { readPlansFilter } from "#features/plans/search-params.ts";
import { readRunsFilter, readRunTab } from "#features/runs/search-params.ts";
import { readParams } from "./read-params.ts";

const from = (query: string) => (name: string) => new URLSearchParams(query).get(name) ?? undefined;

it.each([
  ["", {}],
  ["pack=a&q=b&state=done", { pack: "a", search: "b", state: "done" }],
  ["pack=&q=&state=unheard-of", {}],
])("reads the backlog's filter from ?%s", (query, filter) => {
  expect(readBacklogFilter(from(query))).toEqual(filter);
});

it("cuts a search that the API would refuse", () => {
  expect(readBacklogFilter(from(`q=${"x".repeat(900)}`)).search).toHaveLength(200);
});

it("reads the other pages' addresses, and leaves out what they cannot mean", () => {
  expect(readPlansFilter(from("status=ready"))).toEqual({ status: "ready" });
  expect(readPlansFilter(from("status=odd"))).toEqual({});
  expect(readRunsFilter(from("status=failed"))).toEqual({ status: "failed" });
  expect(readRunsFilter(from("status=ready&type=both"))).toEqual({});
  expect(readRunsFilter(from("type=task"))).toEqual({ type: "task" });
  expect(readRunTab(from("view=timeline"))).toBe("timeline");
  expect(readRunTab(from("view=odd"))).toBe("graph");
  expect(readApprovalsFilter(from("show=all&about=tool&risk=critical&group=owners"))).toEqual({
    status: "all",
    subject: "tool",
    risk: "critical",
    group: "owners",
  });
  expect(readApprovalsFilter(from("show=odd&about=odd&risk=%20&group=A%20b"))).toEqual({
    status: "pending",
  });
});

it("reads on the server what the browser reads, the first of several values", () => {
  const read = readParams({ a: ["1", "2"], b: "3", c: undefined });
  expect([read("a"), read("b"), read("c"), read("d")]).toEqual(["1", "3", undefined, undefined]);
});

import { NofxError } from "@nofx/core/errors";
import { expect, it } from "vitest";
import { explain, Interrupted, Sentence, wasInterrupted } from "./errors.ts";

it("prints a sentence as it is", () => {
  expect(explain(new Sentence("Do this."))).toBe("Do this.");
  const stack = Object.assign(new Error("Do that."), {
    name: "LocalStackError",
    code: "disk_full",
  });
  expect(explain(stack)).toBe("Do that.");
});

it("prints what the server refused with every offending item, but not a thousand", () => {
  const issues = Array.from({ length: 25 }, (_, i) => ({
    path: `/items/${i}`,
    message: "no",
    ...(i === 0 ? { item: "fix" } : {}),
  }));
  const lines = explain(new NofxError("backlog_invalid", { detail: "Bad.", issues })).split("\n");
  expect(lines[0]).toBe("Bad. (backlog_invalid)");
  expect(lines.slice(1, 3)).toEqual(["  fix: no", "  /items/1: no"]);
  expect(lines.at(-1)).toBe("  and 5 more");
});

it.each([
  ["ENOSPC", "The disk is full (/x/y)"],
  ["EDQUOT", "quota"],
  ["EACCES", "No permission (/x/y)"],
  ["EMFILE", "Too many files"],
])("says what to do about %s", (code, sentence) => {
  expect(explain(Object.assign(new Error("raw"), { code, path: "/x/y" }))).toContain(sentence);
});

it("hides nothing of what it does not know", () => {
  expect(explain(new Error("odd"))).toContain("odd");
  expect(explain("text")).toBe("text");
});

it("knows an interruption, also inside a wait that it cut short", () => {
  const wait = Object.assign(new Error("aborted", { cause: new Interrupted() }), {
    name: "AbortError",
  });
  expect([
    wasInterrupted(new Interrupted()),
    wasInterrupted(wait),
    wasInterrupted(new Error("x")),
  ]).toEqual([true, true, false]);
});

import { parsePatch } from "diff";
import { expect, test } from "vitest";
import { gitDiff } from "../repair/diff.ts";
import { RULES, type ReviewFacts } from "./rules.ts";

const facts = (
  path: string,
  before: string,
  after: string,
  report = "24 passed, 0 failed in 0.2 s",
): ReviewFacts => ({
  patch: parsePatch(gitDiff(path, before, after)),
  maxLines: 4,
  mayChange: ["src/"],
  reports: new Map([
    ["reports/tests-before.txt", "23 passed, 1 failed"],
    ["reports/tests-after.txt", report],
  ]),
});

const levels = (given: ReviewFacts) =>
  Object.fromEntries(RULES.map((rule) => rule(given)).map(({ rule, level }) => [rule, level]));

test("a small fix in its place with green tests is fine", () => {
  expect(levels(facts("src/a.js", "a < b;\n", "a <= b;\n"))).toEqual({
    size: "fine",
    place: "fine",
    tests: "note",
    content: "fine",
    evidence: "fine",
  });
});

test.each<[string, ReviewFacts, string]>([
  ["too large", facts("src/a.js", "", "a\n".repeat(9)), "size"],
  ["empty", facts("src/a.js", "a\n", "a\n"), "size"],
  ["out of place", facts("package.json", "a\n", "b\n"), "place"],
  ["a change of its own test", facts("src/a.test.js", "a\n", "b\n"), "tests"],
  ["debugging left behind", facts("src/a.js", "a\n", "console.log(a)\n"), "content"],
  ["a test switched off", facts("src/a.js", "a\n", "test.skip(a)\n"), "content"],
  ["red tests", facts("src/a.js", "a\n", "b\n", "23 passed, 1 failed"), "evidence"],
  ["an unreadable report", facts("src/a.js", "a\n", "b\n", "?"), "evidence"],
  ["no report", { ...facts("src/a.js", "a\n", "b\n"), reports: new Map() }, "evidence"],
])("%s is turned down", (_, given, rule) => {
  expect(levels(given)[rule]).toBe("stop");
});

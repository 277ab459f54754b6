import { expect, test } from "vitest";
import { issuesOf, schemaIssue } from "./check-schema.ts";

const named = (pattern: string) => ({
  type: "object",
  properties: { name: { type: "string", pattern } },
});

test("patterns are checked in linear time: what would take hours answers at once", () => {
  const schema = named("^(a|a)*$");
  expect(schemaIssue(schema)).toBeUndefined();
  expect(issuesOf(schema, { name: `${"a".repeat(5_000)}b` }, ["arguments"])).toMatchObject([
    { path: "/arguments/name" },
  ]);
  expect(issuesOf(schema, { name: "aaa" }, [])).toEqual([]);
});

test.each([
  ["^[a-z]+$", "abc", "aBc"],
  ["^\\d{4}-\\d{2}$", "2026-11", "2026-1"],
  ["^\\p{L}+$", "Grüße", "a1"],
  ["^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$", "a.b@c.de", "a@b"],
  ["a\\/b", "xa/bx", "ab"],
])("pattern %s", (pattern, good, bad) => {
  expect(schemaIssue(named(pattern))).toBeUndefined();
  expect(issuesOf(named(pattern), { name: good }, [])).toEqual([]);
  expect(issuesOf(named(pattern), { name: bad }, [])).toHaveLength(1);
});

test.each(["(?=a)b", "(a)\\1", "(?<!a)b", "("])("refuses the pattern %s", (pattern) => {
  expect(schemaIssue(named(pattern))).toBeTypeOf("string");
});

test("a schema that answers later checks nothing now: it is refused at any depth", () => {
  expect(schemaIssue({ $async: true, type: "object" })).toMatch(/async/);
  expect(schemaIssue({ type: "object", properties: { a: { $async: true } } })).toMatch(/async/);
  expect(() => issuesOf({ $async: true, type: "string" }, "a", [])).toThrow("$async");
});

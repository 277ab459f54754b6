import { expect, it } from "vitest";
import { z } from "zod";
import { queryInput } from "./query-input.ts";

const schema = z.object({
  tail: z.coerce.boolean().default(false),
  strict: z.boolean().optional(),
  search: z.string().optional(),
});

it.each([
  ["tail=false", { tail: false }],
  ["tail=0", { tail: false }],
  ["tail=true&strict=1", { tail: true, strict: true }],
  ["tail", { tail: true }],
  ["search=true", { search: "true" }],
  ["search=a&search=b", { search: ["a", "b"] }],
  ["strict=maybe", { strict: "maybe" }],
  ["unknown=x", { unknown: "x" }],
  ["", {}],
])("reads ?%s", (query, input) => {
  expect(queryInput(schema, new URLSearchParams(query))).toEqual(input);
});

it("leaves the schemas it reads as they were", () => {
  queryInput(schema, new URLSearchParams("strict=true"));
  expect(schema.safeParse({ strict: "true" }).success).toBe(false);
});

it("reads a route without input", () => {
  expect(queryInput(undefined, new URLSearchParams("a=1"))).toEqual({ a: "1" });
});

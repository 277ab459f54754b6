import { expect, test } from "vitest";
import { z } from "zod";
import { issuesFromZod } from "./from-zod.ts";

const said = (schema: z.ZodType, value: unknown) =>
  issuesFromZod(schema.safeParse(value).error ?? new z.ZodError([])).map(({ message }) => message);

test.each<[z.ZodType, unknown, string]>([
  [z.string().min(1), "", "must not be empty"],
  [z.string().min(10), "short", "needs at least 10 characters"],
  [z.string().max(3), "long", "may have at most 3 characters"],
  [z.array(z.int()).min(2), [1], "needs at least 2 entries"],
  [z.array(z.int()).max(1), [1, 2], "may have at most 1 entry"],
  [z.number().min(3), 2, "must be at least 3"],
  [z.number().lt(3), 3, "must be less than 3"],
  [z.string(), undefined, "is missing"],
  [z.string(), 7, "must be a text, not a number"],
  [z.int(), 1.5, "must be a whole number"],
  [z.object({}), "text", "must be an object with named fields, not a text"],
  [z.literal(1), 2, "must be 1"],
  [z.enum(["a", "b"]), "c", 'must be one of "a", "b"'],
  [z.strictObject({}), { x: 1 }, 'has a field that nothing here knows: "x"'],
  [z.strictObject({}), { "": 1 }, "has a field that nothing here knows: one without a name"],
  [z.strictObject({}), { 0: "a", 1: "b" }, "must be an object with named fields"],
  [z.guid(), "x", expect.stringContaining("in the form of a UUID") as string],
  [z.iso.datetime(), "x", "must be a time, like 2027-01-31T06:00:00Z"],
  [z.union([z.string(), z.number()]), true, "has none of the forms that are possible here"],
  [z.string().min(1, "say why"), "", "say why"],
])(
  "%#: what is wrong is said for people, and what a schema says itself is kept",
  (schema, value, message) => {
    expect(said(schema, value)).toEqual([message]);
  },
);

import { Permission } from "@nofx/core/vocabulary";
import { expect, it } from "vitest";
import { rightsOf } from "./rights-of.ts";

it("answers for every permission, with a reason where it is missing", () => {
  expect(Object.keys(rightsOf("viewer"))).toEqual(Permission.options);
  expect(rightsOf("operator")["approval.decide"]).toBe(
    "Your role is operator; this takes supervisor or admin.",
  );
  expect(Object.values(rightsOf("admin")).every((reason) => reason === "")).toBe(true);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { headerProblem, ProviderHeaders } from "./provider-settings.ts";

test("no header can end one and begin another, whatever its name and value", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(text, text, (name, value) => {
      if (headerProblem(name, value) !== undefined) return;
      expect(`${name}: ${value}`).toMatch(/^[A-Za-z0-9-]+: [\x20-\x7e]+$/);
    }),
    numRuns(1_000),
  );
  for (const value of ["a\r\nx-admin: 1", "a\nb", "a\0", "", " a", "a ", "ä", "a".repeat(501)]) {
    expect(headerProblem("x-team", value)).toBeDefined();
  }
  expect(headerProblem("x-team", "search and rescue")).toBeUndefined();
});

test("what belongs to the call or into the vault is no setting", () => {
  for (const name of [
    "Authorization",
    "host",
    "Content-Length",
    "transfer-encoding",
    "cookie",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "X-Auth-Token",
    "proxy-authorization",
    "x-forwarded-for",
    "x team",
    "x:team",
    "",
  ]) {
    expect([name, headerProblem(name, "v")]).not.toEqual([name, undefined]);
  }
  expect(ProviderHeaders.safeParse({ "X-Team": "a", "x-team": "b" }).success).toBe(false);
  expect(ProviderHeaders.safeParse({ "OpenAI-Organization": "org-1" }).success).toBe(true);
});

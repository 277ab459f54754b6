import { expect, it } from "vitest";
import { complaintOf, readProblem } from "./problem.ts";
import { isWorthRetrying } from "./query-client.ts";

const problem = { type: "x", title: "No.", status: 409, code: "conflict", detail: "Reload." };
const refused = Object.assign(new Error("no"), { data: { problem } });

it("finds the problem a server sent", () => {
  expect(readProblem(refused)).toBe(problem);
  expect(complaintOf(refused)).toMatchObject({ title: "No.", detail: "Reload.", code: "conflict" });
});

it.each([
  [undefined],
  ["text"],
  [new TypeError("Failed to fetch")],
  [{ data: null }],
  [{ data: {} }],
])("knows that %j is no answer", (error) => {
  expect(readProblem(error)).toBeUndefined();
  expect(complaintOf(error).code).toBe("unreachable");
});

it("asks again after silence and faults, never after a refusal", () => {
  expect(isWorthRetrying(new TypeError("Failed to fetch"))).toBe(true);
  expect(isWorthRetrying({ data: { problem: { ...problem, status: 503 } } })).toBe(true);
  expect(isWorthRetrying(refused)).toBe(false);
});

it("does not say below what the detail says already", () => {
  const issues = [
    { path: "/url", message: "The address is private." },
    { path: "/name", message: "must not be empty" },
  ];
  const detail = "The address is private. An operator can allow it.";
  expect(complaintOf({ data: { problem: { ...problem, detail, issues } } })).toMatchObject({
    detail,
    issues: [issues[1]],
  });
});

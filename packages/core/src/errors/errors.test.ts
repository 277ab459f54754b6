import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ERROR_TITLE, ErrorCode, HTTP_STATUS, STEP_ERROR_CLASS, StepErrorCode } from "./codes.ts";
import { issuesFromZod, pointer } from "./from-zod.ts";
import { NofxError } from "./nofx-error.ts";
import { PROBLEM_CONTENT_TYPE, Problem, problemResponse, toProblem } from "./problem.ts";

describe("codes", () => {
  test("each has a status of its kind and a sentence", () => {
    for (const code of ErrorCode.options) {
      expect(HTTP_STATUS[code]).toBeGreaterThanOrEqual(400);
      expect(HTTP_STATUS[code]).toBeLessThan(600);
      expect(ERROR_TITLE[code]).toMatch(/^[A-Z].*\.$/);
    }
    expect(Object.keys(STEP_ERROR_CLASS)).toEqual(StepErrorCode.options);
  });
});

describe("problems", () => {
  const error = new NofxError("backlog_invalid", {
    detail: "2 items are wrong.",
    issues: [{ path: "/items/0/id", message: "bad", item: "#1" }],
    data: { items: 2 },
    retryAfterSeconds: 3,
  });

  test("say what is wrong in the published form", async () => {
    const response = problemResponse(error);
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toBe(PROBLEM_CONTENT_TYPE);
    expect(response.headers.get("retry-after")).toBe("3");
    expect(Problem.parse(await response.json())).toEqual({
      type: "https://nofx.dev/errors/backlog_invalid",
      title: ERROR_TITLE.backlog_invalid,
      status: 422,
      code: "backlog_invalid",
      detail: "2 items are wrong.",
      issues: [{ path: "/items/0/id", message: "bad", item: "#1" }],
      data: { items: 2 },
    });
  });

  test("of unknown errors tell nothing of their inside", () => {
    const problem = toProblem(new Error("password is hunter2"));
    expect(problem.code).toBe("internal");
    expect(JSON.stringify(problem)).not.toContain("hunter2");
    expect(problemResponse("x").headers.has("retry-after")).toBe(false);
  });

  test("are told by a brand, not by class", () => {
    const copy = Object.assign(Object.create(null), {
      [Symbol.for("nofx.error")]: true,
    }) as unknown;
    expect([NofxError.is(error), NofxError.is(copy)]).toEqual([true, true]);
    expect([NofxError.is(new Error("x")), NofxError.is(null)]).toEqual([false, false]);
    expect([error.status, error.message]).toEqual([422, "2 items are wrong."]);
    expect(new NofxError("not_found").message).toBe(ERROR_TITLE.not_found);
  });
});

test("zod's issues become JSON pointers", () => {
  const result = z.object({ "a/b": z.array(z.int()) }).safeParse({ "a/b": [1, "x"] });
  expect(issuesFromZod(result.error!, ["items"])).toMatchObject([{ path: "/items/a~1b/1" }]);
  expect(pointer(["~", 0, "/"])).toBe("/~0/0/~1");
  expect(pointer([])).toBe("");
});

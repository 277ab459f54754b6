import { ErrorCode, HTTP_STATUS, NofxError } from "@nofx/core/errors";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { problemOf, toTrpcError } from "./errors.ts";

describe.each(ErrorCode.options)("the code %s", (code) => {
  it("keeps its status and its problem through tRPC", () => {
    const error = toTrpcError(new NofxError(code, { detail: "what to do", data: { a: 1 } }));
    expect(getHTTPStatusCodeFromError(error)).toBe(HTTP_STATUS[code]);
    expect(problemOf(error)).toMatchObject({
      code,
      status: HTTP_STATUS[code],
      detail: "what to do",
      data: { a: 1 },
    });
  });
});

it("names each wrong field of the input", () => {
  const { error } = z.object({ items: z.array(z.int()) }).safeParse({ items: [1, "x"] });
  const problem = problemOf(new TRPCError({ code: "BAD_REQUEST", cause: error }));
  expect(problem).toMatchObject({ code: "invalid_input", status: 400 });
  expect(problem.issues).toEqual([{ path: "/items/1", message: expect.any(String) }]);
});

it.each([
  ["PARSE_ERROR", "invalid_json"],
  ["NOT_FOUND", "not_found"],
  ["METHOD_NOT_SUPPORTED", "method_not_allowed"],
  ["UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type"],
  ["INTERNAL_SERVER_ERROR", "internal"],
] as const)("translates tRPC's own %s to %s", (trpc, code) => {
  expect(problemOf(new TRPCError({ code: trpc })).code).toBe(code);
});

it("knows broken JSON by what tRPC found", () => {
  const broken = new TRPCError({ code: "BAD_REQUEST", cause: new SyntaxError("Unexpected end") });
  expect(problemOf(broken).code).toBe("invalid_json");
  const ours = new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: new SyntaxError("ours") });
  expect(problemOf(ours).code).toBe("internal");
});

it("says nothing of what an unknown error holds", () => {
  const secret = new Error("password=hunter2 at /srv/app.ts:3");
  for (const thrown of [secret, new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: secret })]) {
    const text = JSON.stringify(problemOf(thrown));
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("app.ts");
    expect(problemOf(thrown)).toMatchObject({ code: "internal", status: 500 });
  }
});

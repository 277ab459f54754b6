import { z } from "zod";
import { ERROR_TITLE, ErrorCode, HTTP_STATUS } from "./codes.ts";
import { NofxError } from "./nofx-error.ts";

/** RFC 9457 problem details, with our stable `code` and the list of what is wrong. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: ErrorCode,
  detail: z.string().optional(),
  issues: z
    .array(z.object({ path: z.string(), message: z.string(), item: z.string().optional() }))
    .optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof Problem>;

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** An unknown error says nothing of its inside: its message may hold content that must not leave. */
export function toProblem(error: unknown): Problem {
  const known = NofxError.is(error) ? error : new NofxError("internal", { cause: error });
  return {
    type: `https://nofx.dev/errors/${known.code}`,
    title: ERROR_TITLE[known.code],
    status: HTTP_STATUS[known.code],
    code: known.code,
    ...(known.detail === undefined ? {} : { detail: known.detail }),
    ...(known.issues.length === 0 ? {} : { issues: [...known.issues] }),
    ...(Object.keys(known.data).length === 0 ? {} : { data: known.data }),
  };
}

/** The problem as an HTTP response. */
export function problemResponse(error: unknown): Response {
  const problem = toProblem(error);
  const headers = new Headers({ "content-type": PROBLEM_CONTENT_TYPE });
  const wait = NofxError.is(error) ? error.retryAfterSeconds : undefined;
  if (wait !== undefined) headers.set("retry-after", String(wait));
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

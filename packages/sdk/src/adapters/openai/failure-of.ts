import { permanent, retryLater } from "../../errors/index.ts";
import { retryAfterSeconds } from "../retry-after.ts";

const MAX_SHOWN = 500;
/** Others of the 4xx say that the same request will be refused again. */
const RETRYABLE = new Set([408, 409, 425, 429]);

/** The failure that an answer of the endpoint stands for. */
export function failureOf(response: Response, body: string, at: string, now: number): Error {
  const { status, headers } = response;
  const problem = problemOf(body);
  const message = `${at} answered ${status}${problem.message === "" ? "." : `: ${problem.message}`}`;
  const data = { status, ...(problem.code === undefined ? {} : { code: problem.code }) };
  if (!isRetryable(status, headers.get("x-should-retry"), problem.code)) {
    return permanent(message, { data });
  }
  const afterSeconds = retryAfterSeconds((name) => headers.get(name), now);
  return afterSeconds === undefined
    ? new Error(message)
    : retryLater(message, { afterSeconds, data });
}

function isRetryable(status: number, said: string | null, code: string | undefined): boolean {
  if (said === "true" || said === "false") return said === "true";
  // A spent quota comes as 429 too, and no pause refills it.
  return code !== "insufficient_quota" && (status >= 500 || RETRYABLE.has(status));
}

function problemOf(body: string): { message: string; code: string | undefined } {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === "string") return { message: error.slice(0, MAX_SHOWN), code: undefined };
    const { message, code } = error as { message?: unknown; code?: unknown };
    return {
      message: typeof message === "string" ? message.slice(0, MAX_SHOWN) : "",
      code: typeof code === "string" ? code : undefined,
    };
  } catch {
    return { message: body.slice(0, MAX_SHOWN).trim(), code: undefined };
  }
}

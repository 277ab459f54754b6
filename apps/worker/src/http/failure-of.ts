import {
  AddressRefused,
  RequestFailed,
  retryAfterMs,
  type GuardedResponse,
} from "@nofx/control/net";
import { StepFailed } from "../catalog/handler.ts";
import { textOf } from "./output-of.ts";

export interface Asked {
  /** Whether the request may be sent again although it may have had its effect. */
  readonly repeatable: boolean;
  /** Whose retry budget it is. */
  readonly dependency: string;
}

const MAX_SHOWN = 500;
/** The other side has not begun with the request, whatever it is. */
const NOT_BEGUN = [408, 425];
/** It never will. */
const NOT_ABLE = [501, 505];

export function unknownOutcome(why: string): StepFailed {
  return new StepFailed(
    "unknown_outcome",
    `${why} It may have had its effect and may not be sent twice: look at the other side, then decide.`,
  );
}

/** What a request without an answer means for its step. */
export function failureOf(error: unknown, asked: Asked, signal: AbortSignal): unknown {
  if (error instanceof AddressRefused) return new StepFailed("address_refused", error.message);
  if (!(error instanceof RequestFailed)) return error;
  if (error.sent && !asked.repeatable) return unknownOutcome(error.message);
  // time is up or the worker ends: the loop knows which; but the mark of what may not be sent twice needs an end
  if (signal.aborted && asked.repeatable) return error;
  const { dependency } = asked;
  return new StepFailed("http_unavailable", error.message, { dependency });
}

/** What an answer that was not expected means for its step. */
export function refusalOf(response: GuardedResponse, asked: Asked, now: Date): StepFailed {
  const { status, headers } = response;
  const { repeatable, dependency } = asked;
  const told = sayStatus(response);
  const wait = retryAfterMs(headers["retry-after"], now);
  if (status === 429 || (status === 503 && (repeatable || wait !== undefined))) {
    return new StepFailed("http_busy", told, { dependency, retryAfterMs: wait });
  }
  if (NOT_BEGUN.includes(status)) return new StepFailed("http_unavailable", told, { dependency });
  if (status < 500 || NOT_ABLE.includes(status)) return new StepFailed("http_refused", told);
  if (!repeatable) return unknownOutcome(told);
  return new StepFailed("http_unavailable", told, { dependency, retryAfterMs: wait });
}

function sayStatus(response: GuardedResponse): string {
  const text = textOf(response)?.trim().slice(0, MAX_SHOWN) ?? "";
  const told = `The other side answered ${response.status}.`;
  return text === "" ? told : `${told}\n${text}`;
}

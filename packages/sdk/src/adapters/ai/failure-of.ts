import {
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  RetryError,
  UnsupportedFunctionalityError,
} from "ai";
import { permanent, PermanentError, RetryLaterError, retryLater } from "../../errors/index.ts";
import { retryAfterSeconds } from "../retry-after.ts";

const NEVER = [
  InvalidArgumentError,
  InvalidPromptError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
];

/** The failure that an error of the AI SDK stands for. */
export function failureOf(error: unknown, now: number): unknown {
  if (PermanentError.is(error) || RetryLaterError.is(error)) return error;
  if (RetryError.isInstance(error)) return failureOf(error.lastError, now);
  if (APICallError.isInstance(error)) return failureOfCall(error, now);
  const mends = !NEVER.some((kind) => kind.isInstance(error));
  return mends ? error : permanent((error as Error).message, { cause: error });
}

function failureOfCall(error: APICallError, now: number): Error {
  const status = error.statusCode;
  const data = status === undefined ? {} : { status };
  if (!error.isRetryable) return permanent(error.message, { data, cause: error });
  const afterSeconds = retryAfterSeconds((name) => error.responseHeaders?.[name], now);
  if (afterSeconds === undefined) return error;
  return retryLater(error.message, { afterSeconds, data, cause: error });
}

import { hasBrand } from "./brand.ts";

const PERMANENT = Symbol.for("nofx.sdk.permanent");
const RETRY_LATER = Symbol.for("nofx.sdk.retry-later");

export interface FailureOptions {
  /** Facts for people and programs, stored with the failure. JSON only. */
  data?: Record<string, unknown>;
  cause?: unknown;
}

/** A failure that trying again would not mend. */
export class PermanentError extends Error {
  readonly [PERMANENT] = true;
  readonly data: Record<string, unknown> | undefined;

  constructor(message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "PermanentError";
    this.data = options.data;
  }

  static is(value: unknown): value is PermanentError {
    return hasBrand(value, PERMANENT);
  }
}

/** A failure that may mend itself, not sooner than `afterSeconds`. */
export class RetryLaterError extends Error {
  readonly [RETRY_LATER] = true;
  readonly afterSeconds: number;
  readonly data: Record<string, unknown> | undefined;

  constructor(message: string, options: FailureOptions & { afterSeconds: number }) {
    super(message, { cause: options.cause });
    this.name = "RetryLaterError";
    this.afterSeconds = options.afterSeconds;
    this.data = options.data;
  }

  static is(value: unknown): value is RetryLaterError {
    return hasBrand(value, RETRY_LATER);
  }
}

/** `throw permanent("no such file")` fails the step for good. Any other error is tried again. */
export function permanent(message: string, options?: FailureOptions): PermanentError {
  return new PermanentError(message, options);
}

/** `throw retryLater("quota spent", { afterSeconds: 60 })` fails this attempt and says when to try again. */
export function retryLater(
  message: string,
  options: FailureOptions & { afterSeconds: number },
): RetryLaterError {
  return new RetryLaterError(message, options);
}

import type { ErrorCode, Issue } from "@nofx/core/contract";
import { hasBrand } from "./brand.ts";

const BRAND = Symbol.for("nofx.sdk.api-error");

/** The control plane's own codes, and two for when it could not be heard or understood. */
export type ApiErrorCode = ErrorCode | "network_error" | "bad_response";

export interface ApiErrorOptions {
  code: ApiErrorCode;
  message: string;
  call: string;
  status?: number | undefined;
  issues?: readonly Issue[] | undefined;
  data?: Record<string, unknown> | undefined;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** A call to the control plane that did not succeed. Switch on `code`; never read the message. */
export class NofxApiError extends Error {
  readonly [BRAND] = true;
  readonly code: ApiErrorCode;
  /** Which call it was, like `POST /steps/claim`. */
  readonly call: string;
  readonly status: number | undefined;
  readonly issues: readonly Issue[];
  readonly data: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(options: ApiErrorOptions) {
    super(`${options.message} (${options.code}, ${options.call})`, { cause: options.cause });
    this.name = "NofxApiError";
    this.code = options.code;
    this.call = options.call;
    this.status = options.status;
    this.issues = options.issues ?? [];
    this.data = options.data ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  static is(value: unknown): value is NofxApiError {
    return hasBrand(value, BRAND);
  }
}

import { hasBrand } from "./brand.ts";
import type { FailureClass } from "./step-failure.ts";

const BRAND = Symbol.for("nofx.sdk.model-error");

export interface ModelErrorOptions {
  code: string;
  status: number | undefined;
  message: string;
  class: FailureClass;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** A call of a model that did not succeed: no model took it, a budget has too little left, or the answer is not as asked. */
export class ModelError extends Error {
  readonly [BRAND] = true;
  /** As docs/endpoint.md lists them, and `answer_invalid`, `network_error`. */
  readonly code: string;
  readonly status: number | undefined;
  readonly class: FailureClass;
  readonly retryAfterSeconds: number | undefined;

  constructor(options: ModelErrorOptions) {
    super(`${options.message} (${options.code})`, { cause: options.cause });
    this.name = "ModelError";
    this.code = options.code;
    this.status = options.status;
    this.class = options.class;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  static is(value: unknown): value is ModelError {
    return hasBrand(value, BRAND);
  }
}

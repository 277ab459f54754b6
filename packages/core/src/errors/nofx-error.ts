import { ERROR_TITLE, HTTP_STATUS, type ErrorCode } from "./codes.ts";

/** One thing wrong with the input: where (a JSON pointer, or an item id) and what. */
export interface Issue {
  path: string;
  message: string;
  item?: string;
}

export interface NofxErrorOptions {
  detail?: string;
  issues?: readonly Issue[];
  data?: Record<string, unknown>;
  retryAfterSeconds?: number;
  cause?: unknown;
}

const BRAND = Symbol.for("nofx.error");

/** The one error that crosses a boundary. Everything else reaches the client as `internal`. */
export class NofxError extends Error {
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly issues: readonly Issue[];
  readonly data: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: NofxErrorOptions = {}) {
    super(options.detail ?? ERROR_TITLE[code], { cause: options.cause });
    this.name = "NofxError";
    this.code = code;
    this.detail = options.detail;
    this.issues = options.issues ?? [];
    this.data = options.data ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return HTTP_STATUS[this.code];
  }

  /** True across package copies and bundles, where `instanceof` is not. */
  static is(value: unknown): value is NofxError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

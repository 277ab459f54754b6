import type { CallErrorCode } from "@nofx/core/model-router";

/** Why a provider gave no answer. Stable: health, retries and the endpoint decide by it. */
export type ProviderFailureCode =
  | CallErrorCode
  /** The account is out of money: waiting does not help. */
  | "quota_exhausted"
  /** The provider has no such model, or the base URL is wrong. */
  | "model_missing"
  /** The prompt is longer than the model reads. */
  | "context_too_long"
  /** The address is not one that may be called, or a header not one that may be sent. */
  | "address_refused";

const OUTCOME: Record<ProviderFailureCode, CallErrorCode> = {
  rate_limited: "rate_limited",
  overloaded: "overloaded",
  unreachable: "unreachable",
  timed_out: "timed_out",
  cut_off: "cut_off",
  no_answer: "no_answer",
  unauthorized: "unauthorized",
  refused_by_provider: "refused_by_provider",
  cancelled: "cancelled",
  quota_exhausted: "rate_limited",
  model_missing: "refused_by_provider",
  context_too_long: "refused_by_provider",
  address_refused: "unreachable",
};

const MAY_BE_BILLED: ReadonlySet<ProviderFailureCode> = new Set([
  "timed_out",
  "cut_off",
  "no_answer",
  "cancelled",
]);

/**
 * A failure in our own words. The provider's may repeat what was sent, keys included: of them there is at most the `reason` of a
 * refusal, without any key, and no cause.
 */
export class ProviderFailure extends Error {
  readonly code: ProviderFailureCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly #reason: string | undefined;

  constructor(
    code: ProviderFailureCode,
    message: string,
    options: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      reason?: string | undefined;
    } = {},
  ) {
    super(message);
    this.name = "ProviderFailure";
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.#reason = options.reason;
  }

  /**
   * What the provider says of the request, for whoever made it and nobody else: it may repeat the request. No property of its own,
   * so that whoever writes down errors does not write it.
   */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** As health counts it. */
  get outcome(): CallErrorCode {
    return OUTCOME[this.code];
  }

  /** Whether the provider may have worked for it: false where nothing reached it, or it refused. */
  get mayBeBilled(): boolean {
    return MAY_BE_BILLED.has(this.code);
  }

  /** Also finds it behind the errors that the AI SDK wraps around it. */
  static in(error: unknown): ProviderFailure | undefined {
    for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
      if (at instanceof ProviderFailure) return at;
    }
    return undefined;
  }
}

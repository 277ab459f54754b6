/** Why a provider gave no answer. Stable: health, retries and the endpoint decide by it. */
export type ProviderFailureCode =
  /** 429. Asked again later it may answer. */
  | "rate_limited"
  /** 5xx, or an overload told in another way. */
  | "overloaded"
  /** 401 or 403: the key is not good, or not for this. */
  | "key_refused"
  /** 402, or a 429 that says the account is out of money: waiting does not help. */
  | "quota_exhausted"
  /** 404: the provider has no such model, or the base URL is wrong. */
  | "model_missing"
  /** The prompt is longer than the model reads. */
  | "context_too_long"
  /** Another 4xx: it would be refused again. */
  | "refused_by_provider"
  /** Nothing was sent: not resolved, not connected, no TLS. */
  | "unreachable"
  /** The address is not one that may be called. */
  | "address_refused"
  /** The caller's time was over, or it went away. */
  | "aborted"
  /** The connection broke off with the answer under way: it may have been billed. */
  | "cut_off"
  /** What came is not the provider's wire format. */
  | "unreadable";

/** A failure in our own words. The provider's may repeat what was sent, keys included: nothing of them is kept, not as cause either. */
export class ProviderFailure extends Error {
  readonly code: ProviderFailureCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ProviderFailureCode,
    message: string,
    options: { status?: number | undefined; retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.name = "ProviderFailure";
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether the provider may have begun to work, and bill: false where nothing reached it or it refused outright. */
  get mayBeBilled(): boolean {
    return this.code === "aborted" || this.code === "cut_off" || this.code === "unreadable";
  }
}

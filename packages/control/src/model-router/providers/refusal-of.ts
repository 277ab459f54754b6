import { retryAfterMs } from "../../net/index.ts";
import { reasonTold } from "./reason-told.ts";
import { secretFilter, type SecretFilter } from "./secret-filter.ts";
import { ProviderFailure, type ProviderFailureCode } from "./provider-failure.ts";

const OUT_OF_MONEY =
  /insufficient_quota|billing_hard_limit|credit balance is too low|billing_not_active|insufficient.{0,20}(balance|credits|funds)/i;
const TOO_LONG =
  /context_length_exceeded|prompt is too long|maximum context length|exceeds? the (maximum number of tokens|context)|input token count.{0,40}exceeds|too large for model|context window/i;
const UNKNOWN_MODEL = /model_not_found|invalid_model|model.{0,80}(not found|does not exist)/i;

/** What a refusal came with. */
export interface RefusalFrame {
  readonly header: (name: string) => string | undefined;
  readonly now: Date;
  /** Of what was sent. */
  readonly filter: SecretFilter;
}

const NO_FRAME: RefusalFrame = {
  header: () => undefined,
  now: new Date(0),
  filter: secretFilter(null),
};

/** Of the caller's own making: it can do something about it, if it is told what. */
const CALLERS_OWN: ReadonlySet<ProviderFailureCode> = new Set([
  "refused_by_provider",
  "context_too_long",
  "model_missing",
]);

/** What a status means, with a look for what its text tells about it. */
export function refusalOf(
  status: number,
  body: string,
  frame: Partial<RefusalFrame> = {},
): ProviderFailure {
  const { header, now, filter } = { ...NO_FRAME, ...frame };
  const code = codeOf(status, body);
  const waits = code === "rate_limited" || code === "overloaded";
  return new ProviderFailure(code, SAID[code](status), {
    status,
    retryAfterMs: waits ? waitTold(body, header, now) : undefined,
    // without the filter of this call's key nothing is passed on
    reason:
      CALLERS_OWN.has(code) && frame.filter !== undefined ? reasonTold(body, filter) : undefined,
  });
}

function codeOf(status: number, body: string): ProviderFailureCode {
  if (status >= 300 && status < 400) return "refused_by_provider";
  if (status === 402 || (status < 500 && OUT_OF_MONEY.test(body))) return "quota_exhausted";
  if (status === 429) return "rate_limited";
  if (status === 408 || status >= 500) return "overloaded";
  if (status === 401 || status === 403) return "unauthorized";
  // Google tells of a bad key with a 400
  if (/API_KEY_INVALID|API key not valid/i.test(body)) return "unauthorized";
  if (TOO_LONG.test(body) || status === 413) return "context_too_long";
  if (status === 404 || UNKNOWN_MODEL.test(body)) return "model_missing";
  return "refused_by_provider";
}

const SAID: Record<ProviderFailureCode, (status: number) => string> = {
  rate_limited: () => "The provider takes no more requests now (429).",
  overloaded: (status) => `The provider failed (${status}).`,
  unauthorized: (status) => `The provider does not accept the key (${status}): replace it.`,
  quota_exhausted: (status) => `The provider's account has no money left (${status}).`,
  model_missing: (status) => `The provider has no such model, or not at this base URL (${status}).`,
  context_too_long: (status) => `The request is longer than the model reads (${status}).`,
  refused_by_provider: (status) => `The provider refused the request (${status}).`,
  unreachable: () => "The provider could not be reached.",
  timed_out: () => "No answer in time.",
  cut_off: () => "The answer broke off.",
  no_answer: () => "The provider's answer could not be read.",
  cancelled: () => "The call was given up.",
  address_refused: () => "The provider's address may not be called.",
};

/** In our words, where no status tells more. */
export const said = (code: ProviderFailureCode): ProviderFailure =>
  new ProviderFailure(code, SAID[code](0));

function waitTold(
  body: string,
  header: (name: string) => string | undefined,
  now: Date,
): number | undefined {
  const ms = header("retry-after-ms");
  if (ms !== undefined && /^\d{1,8}(\.\d+)?$/.test(ms)) return Math.ceil(Number(ms));
  const told = retryAfterMs(header("retry-after"), now);
  if (told !== undefined) return told;
  // Google's way, in the body
  const [, seconds] = /"retryDelay":\s*"(\d{1,6}(?:\.\d+)?)s"/.exec(body) ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1_000);
}

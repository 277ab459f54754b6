import { NofxError } from "@nofx/core/errors";
import type { Refused } from "@nofx/core/budgets";
import {
  usdOfPico,
  type NotRouted,
  type Route,
  type RouteErrorCode,
} from "@nofx/core/model-router";
import { toId } from "@nofx/core/vocabulary";
import type { ProviderFailure, ProviderFailureCode } from "../model-router/providers/index.ts";
import { OpenAiError, openAiError, type OpenAiErrorOptions } from "../model-router/wire/index.ts";

interface Told {
  readonly status: number;
  /** In place of our own code, where OpenAI has one that clients know. */
  readonly code?: string;
  readonly param?: string;
  readonly type?: string;
}

const ROUTE: Record<RouteErrorCode, Told> = {
  model_unknown: { status: 404, code: "model_not_found", param: "model" },
  no_rule: { status: 400, param: "model" },
  no_candidate: { status: 400, param: "model" },
  capability_missing: { status: 400, param: "model" },
  context_too_long: { status: 400, code: "context_length_exceeded", param: "messages" },
  output_too_long: { status: 400, param: "max_tokens" },
  residency_unmet: { status: 400, param: "nofx-residency" },
  quality_unmet: { status: 400, param: "nofx-quality-floor" },
  price_missing: { status: 400, param: "model" },
  over_budget: { status: 402, param: "nofx-budget-usd", type: "insufficient_quota" },
  deadline_unmet: { status: 400, param: "nofx-deadline-ms" },
  providers_unhealthy: { status: 503 },
  rate_limited: { status: 429, code: "rate_limit_exceeded" },
};

/** A request for which there is no model. */
export function notRouted({ code, message, retryAt }: NotRouted, now: number): OpenAiError {
  const { status, code: known = code, ...rest } = ROUTE[code];
  return openAiError(known, message, status, {
    ...rest,
    ...(retryAt !== null && { retryAfterMs: Math.max(1_000, retryAt - now) }),
  });
}

/** `retry`: whether asking again by itself is right. Where the provider may have been paid already, it is not. */
const FAILURE: Record<ProviderFailureCode, Told & { retry: boolean }> = {
  rate_limited: { status: 429, code: "rate_limit_exceeded", retry: true },
  overloaded: { status: 503, code: "provider_overloaded", retry: true },
  unauthorized: { status: 502, code: "provider_key_refused", retry: false },
  quota_exhausted: { status: 502, code: "provider_quota_exhausted", retry: false },
  model_missing: { status: 404, code: "model_not_found", param: "model", retry: false },
  context_too_long: {
    status: 400,
    code: "context_length_exceeded",
    param: "messages",
    retry: false,
  },
  refused_by_provider: { status: 400, retry: false },
  unreachable: { status: 502, code: "provider_unreachable", retry: true },
  address_refused: { status: 502, code: "provider_address_refused", retry: false },
  timed_out: { status: 504, retry: false },
  cancelled: { status: 499, retry: false },
  cut_off: { status: 502, code: "provider_cut_off", retry: false },
  no_answer: { status: 502, code: "provider_unreadable", retry: false },
};

/** What the last provider's failure is to the caller. Of its own words there is at most why it refused the request, without keys. */
export function failedBy(failure: ProviderFailure): OpenAiError {
  const { status, code = failure.code, ...rest } = FAILURE[failure.code];
  const { message, reason } = failure;
  const whole = reason === undefined ? message : `${message} It says: ${reason}`;
  return openAiError(code, whole, status, {
    ...rest,
    retryAfterMs: failure.retryAfterMs,
  });
}

/** A budget or rate that has too little left. Never a status at which clients ask again by themselves, but for rates. */
export function refusedByBudget(refused: Refused): OpenAiError {
  const { scope, measure, kind, budgetName, retryAfterMs, resetsAt } = refused;
  const amount = (value: bigint) =>
    measure === "usd" ? `${usdOfPico(value)} USD` : `${value} ${measure.replace("_", " ")}`;
  const until = resetsAt === null ? "" : ` It begins anew at ${resetsAt.toISOString()}.`;
  const left = `The budget "${budgetName}" of the ${scope} has ${amount(refused.limit)} a ${refused.window.replace("_", " ")}: ${amount(refused.used)} used, ${amount(refused.reserved)} reserved, ${amount(refused.asked)} asked for.`;
  if (kind === "rate") {
    return openAiError("rate_limit_exceeded", `${left} Ask again later.`, 429, {
      retryAfterMs: retryAfterMs ?? 1_000,
    });
  }
  const options: OpenAiErrorOptions = { type: "insufficient_quota", retry: false };
  switch (refused.outcome) {
    case "ask": {
      const approval =
        refused.approvalId === null ? "" : ` (${toId("approval", refused.approvalId)})`;
      return openAiError(
        "budget_approval_required",
        `${left} People have been asked for more${approval}; ask again once they have decided.`,
        402,
        options,
      );
    }
    case "wrap_up":
      return openAiError(
        "budget_wrap_up",
        `${left} Wrap up: what you send with the header nofx-wrapping-up: true may use the rest.`,
        402,
        options,
      );
    case "degrade":
      return openAiError(
        "budget_exhausted",
        `${left} No cheaper model fits either.${until} Ask for less, or have an admin raise the budget.`,
        402,
        options,
      );
    case "stop":
      return openAiError(
        "budget_exhausted",
        `${left}${until} Ask for less, or have an admin raise the budget.`,
        402,
        options,
      );
  }
}

/** What nobody knows the price of would be beyond any cap. */
export function refusedWithoutPrice(
  { provider, model }: Pick<Route, "provider" | "model">,
  budgetName: string,
): OpenAiError {
  const name = `${provider}/${model}`;
  return openAiError(
    "price_missing",
    `The budget "${budgetName}" limits money, and nobody knows what ${name} costs. An admin sets its price, 0 where it costs nothing: the page Models, or npx nofx models price ${name}`,
    400,
    { param: "model" },
  );
}

const STATUS_OF_KEY_ERRORS = 424;

/** Any error as OpenAI's clients read it. An unknown one says nothing of its inside. */
export function asOpenAiError(error: unknown): OpenAiError {
  if (error instanceof OpenAiError) return error;
  if (!NofxError.is(error)) {
    return openAiError("internal", "Something went wrong on our side.", 500);
  }
  const retryAfterMs =
    error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1_000;
  switch (error.code) {
    case "internal":
      return openAiError("internal", "Something went wrong on our side.", 500);
    case "unauthenticated":
      return openAiError("invalid_api_key", error.message, 401);
    case "key_missing":
    case "key_unreadable":
    case "vault_locked":
      return openAiError(error.code, error.message, STATUS_OF_KEY_ERRORS, { retry: false });
    default:
      return openAiError(error.code, error.message, error.status, { retryAfterMs });
  }
}

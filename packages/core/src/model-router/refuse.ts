import type { Candidate } from "./candidate.ts";
import { REJECTIONS, type Rejected, type Rejection, type RouteErrorCode } from "./decision.ts";
import type { RouteRequest } from "./route-request.ts";
import { namedModel } from "./targets.ts";

/** What a refusal is called when candidates came so far and no further. */
export const CODES: Record<Rejection, RouteErrorCode> = {
  not_asked_for: "model_unknown",
  not_allowed: "no_candidate",
  not_in_rule: "no_candidate",
  disabled: "no_candidate",
  capability_missing: "capability_missing",
  context_too_long: "context_too_long",
  output_too_long: "output_too_long",
  residency: "residency_unmet",
  quality: "quality_unmet",
  price_missing: "price_missing",
  over_budget: "over_budget",
  too_slow: "deadline_unmet",
  unhealthy: "providers_unhealthy",
  rate_limited: "rate_limited",
};

export interface Refusal {
  readonly code: RouteErrorCode;
  readonly message: string;
  readonly retryAt: number | null;
}

/** Why there is no route: the last hurdle that any candidate came to, since that is the one to take away. */
export function refuse(
  request: RouteRequest,
  candidates: readonly Candidate[],
  rejected: readonly Rejected[],
): Refusal {
  let last = -1;
  for (const { why } of rejected) last = Math.max(last, REJECTIONS.indexOf(why));
  const why = REJECTIONS[last];
  const code = why === undefined ? "no_candidate" : CODES[why];
  const detail = rejected.find((one) => one.why === why);
  const message = messageOf(code, request, candidates, detail);
  const until = candidates
    .map(({ health }) => health.rateLimitedUntil)
    .filter((at): at is number => at !== null);
  return {
    code,
    message,
    retryAt: code === "rate_limited" && until.length > 0 ? Math.min(...until) : null,
  };
}

function messageOf(
  code: RouteErrorCode,
  request: RouteRequest,
  candidates: readonly Candidate[],
  closest: Rejected | undefined,
): string {
  const needs = request.capabilities.join(", ");
  const told =
    closest === undefined
      ? ""
      : ` ${closest.provider}/${closest.model} (${closest.region}): ${closest.detail}`;
  switch (code) {
    case "model_unknown":
      return `There is no model ${request.model}.${similar(request, candidates)} GET /v1/models lists them; "auto" leaves the choice to the policy.`;
    case "no_rule":
      return "No rule of the policy holds for this request. Add one without a condition at its end.";
    case "no_candidate":
      return `The policy leaves no model that could be asked.${told} Enable one, or add one to the rule.`;
    case "capability_missing":
      return `No model of the rule can do all of: ${needs}.${told} Ask for less, or add a model that can.`;
    case "context_too_long":
      return `The request is longer than any model here holds.${told} Shorten it, lower the tokens to answer, or add a model with a longer context.`;
    case "output_too_long":
      return `No model answers with ${request.maxOutputTokens} tokens.${told} Ask for fewer.`;
    case "residency_unmet":
      return `No model that could take it is in ${request.residency?.join(", ")}.${told} Add one there, or allow another region.`;
    case "quality_unmet":
      return `No model that could take it has the quality that is asked for.${told} Ask for less, or judge the models that have none.`;
    case "price_missing":
      return `Nobody knows what the models that could take it cost, and this needs a price.${told} Set a price of your own for one of them.`;
    case "over_budget":
      return `Every model that could take it may cost more than is left.${told} Ask for a shorter answer, or raise the budget.`;
    case "deadline_unmet":
      return `No model that could take it is quick enough.${told} Allow more time.`;
    case "providers_unhealthy":
      return `Every model that could take it is failing at the moment.${told} Each is tried again within a probe interval; add another provider to the rule.`;
    case "rate_limited":
      return `Every provider that could take it asked for a pause.${told} Wait, or add another provider to the rule.`;
  }
}

const MOST_SIMILAR = 3;

function similar(request: RouteRequest, candidates: readonly Candidate[]): string {
  const name = namedModel(request.model)?.split("/").at(-1)?.toLowerCase() ?? "";
  if (name.length < 3) return "";
  const found = candidates
    .filter(({ model }) => model.toLowerCase().includes(name) || name.includes(model.toLowerCase()))
    .map(({ provider, model }) => `${provider}/${model}`);
  const few = [...new Set(found)].slice(0, MOST_SIMILAR);
  return few.length === 0 ? "" : ` Did you mean ${few.join(" or ")}?`;
}

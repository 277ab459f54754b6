export { ProviderKind, type Candidate } from "./candidate.ts";
export { ROUTE_CONDITION_FIELDS } from "./condition-variables.ts";
export { decide } from "./decide.ts";
export { decisionDigestInput } from "./decision-digest.ts";
export {
  REJECTIONS,
  type Decision,
  type DecisionFacts,
  type NotRouted,
  type Rejected,
  type Rejection,
  type Route,
  type Routed,
  type RouteErrorCode,
  type Score,
} from "./decision.ts";
export { beginTrial } from "./health/begin-trial.ts";
export { CallErrorCode, type CallOutcome } from "./health/call-outcome.ts";
export { HealthState, UNKNOWN_HEALTH, type HealthView } from "./health/health-view.ts";
export {
  HEALTH_OPTIONS,
  NO_HEALTH,
  type HealthMinute,
  type HealthOptions,
  type HealthWindow,
} from "./health/health-window.ts";
export { addHistograms, quantileOf, type LatencyHistogram } from "./health/latency-histogram.ts";
export { observe } from "./health/observe.ts";
export { minutesOf, viewOf } from "./health/view-of.ts";
export { layPrices, type StoredPrice } from "./lay-prices.ts";
export { ModelCapability, ModelId, splitModelId } from "./model-id.ts";
export { picoOfUsd, usdOfPico, type PicoUsd } from "./money.ts";
export { costOf, priceDigestInput, priceInForce, type DatedPrice, type Price } from "./prices.ts";
export { headerProblem, ProviderHeaders, RegionName } from "./provider-settings.ts";
export type { RouteFacts, RouteRequest } from "./route-request.ts";
export {
  preparePolicy,
  RouteStrategy,
  RouteTarget,
  RoutingEngine,
  RoutingPolicy,
  RoutingRule,
  type PreparedPolicy,
  type RouteCondition,
  type RouteScene,
} from "./routing-policy.ts";
export { SIMULATED_EMBEDDER, simulateEmbedding } from "./simulated/embed.ts";
export { SIMULATED_MODELS, type SimulatedModel } from "./simulated/models.ts";
export {
  simulate,
  tokensIn,
  type SimulatedAnswer,
  type SimulatedOutcome,
  type SimulatedRequest,
} from "./simulated/simulate.ts";
export { findNamed, namedModel } from "./targets.ts";
export { inputTokens, NO_USAGE, outputTokens, TokenClass, Usage } from "./usage.ts";

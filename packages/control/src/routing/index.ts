export { checkPolicy } from "./check-policy.ts";
export {
  checkRouteCondition,
  compileRouteCondition,
  prepareRoutingPolicy,
} from "./compile-condition.ts";
export { listHealth } from "./list-health.ts";
export { getPolicyHistory, listPolicies } from "./list-policies.ts";
export { listProviders } from "./list-providers.ts";
export { getPriceHistory } from "./price-history.ts";
export { probeModel } from "./probe-model.ts";
export { probeUnwell } from "./probe-unwell.ts";
export { readRoutingDocument } from "./read-routing-document.ts";
export { recordOutcome, type RouteOutcome } from "./record-outcome.ts";
export { removeModel } from "./remove-model.ts";
export { removeProvider } from "./remove-provider.ts";
export { createRouting, type Routing } from "./routing.ts";
export type { RoutingDeps } from "./routing-deps.ts";
export { removePolicy, savePolicy } from "./save-policy.ts";
export { selectRoute, type SelectedRoute } from "./select-route.ts";
export { setModel } from "./set-model.ts";
export { setPrice, withdrawPrice } from "./set-price.ts";
export { setProvider } from "./set-provider.ts";
export { switchProvider } from "./switch-provider.ts";
export { whatIf } from "./what-if.ts";

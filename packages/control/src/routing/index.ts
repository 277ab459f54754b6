export {
  checkRouteCondition,
  compileRouteCondition,
  prepareRoutingPolicy,
} from "./compile-condition.ts";
export { recordOutcome, type RouteOutcome } from "./record-outcome.ts";
export { createRouting, type Routing } from "./routing.ts";
export type { RoutingDeps } from "./routing-deps.ts";
export { selectRoute, type SelectedRoute } from "./select-route.ts";

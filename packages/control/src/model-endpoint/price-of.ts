import { priceInForce, type DatedPrice, type Route, type Usage } from "@nofx/core/model-router";

/** The price of what was used: of those that were in force when it was decided, the one for so many tokens. */
export function priceOf(route: Route, usage: Usage, at: number): DatedPrice | undefined {
  return priceInForce(route.prices, { at, usage });
}

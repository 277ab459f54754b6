import type { Routing } from "./routing.ts";

/** What choosing a model needs; a `Plane` is one. */
export interface RoutingDeps {
  readonly sha256: (text: string) => string;
  readonly routing: Routing;
}

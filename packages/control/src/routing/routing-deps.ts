import type { RouteRequest } from "@nofx/core/model-router";
import type { Routing } from "./routing.ts";
import type { SelectedRoute } from "./select-route.ts";

/** What choosing a model needs; a `Plane` is one. */
export interface RoutingDeps {
  readonly sha256: (text: string) => string;
  readonly routing: Routing;
  /** The edge function that decides for this process, where there is one. */
  readonly routerSelect?: RemoteRouter | undefined;
}

/** The same decision, taken in another process. */
export interface RemoteRouter {
  /** Undefined where it could not be reached. */
  select(asked: {
    readonly tenantId: string;
    readonly request: RouteRequest;
  }): Promise<SelectedRoute | undefined>;
}

import type { Clock } from "@nofx/core/seams";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";
import type { Routing } from "./routing.ts";

/** What choosing a model needs; a `Plane` is one. */
export interface RoutingDeps {
  readonly db: Kysely<DB>;
  readonly clock: Clock;
  readonly newUuid: () => string;
  readonly sha256: (text: string) => string;
  readonly routing: Routing;
}

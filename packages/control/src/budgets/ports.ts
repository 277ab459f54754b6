import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";

/** What reserving works with: a `Plane`, or a worker's own database. */
export interface BudgetDeps {
  readonly db: Kysely<DB>;
  readonly newUuid: () => string;
  /** The claims of whoever acts, as the statement takes them; the engine's own login needs none. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

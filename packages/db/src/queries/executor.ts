import type { Kysely, Transaction } from "kysely";
import type { DB } from "../types.gen.ts";

/** Whatever can run a statement: a pool's Kysely or an open transaction. */
export type Executor = Kysely<DB> | Transaction<DB>;

import { createHash } from "node:crypto";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";
import type { Pool } from "pg";
import { v7 as uuid7 } from "uuid";
import { z } from "zod";
import { createStorage, type Storage } from "../storage/storage.ts";

/** What a process needs to be part of the control plane; parsed once at its start. */
export const PlaneEnv = z.object({
  DATABASE_URL: z.string().min(1),
  SUPABASE_URL: z.url(),
  SUPABASE_ANON_KEY: z.string().min(1),
  SUPABASE_JWT_SECRET: z.string().min(1),
});
export type PlaneEnv = z.infer<typeof PlaneEnv>;

/** The outside of every command: database, storage, clock, ids and hash. Made once a process. */
export interface Plane {
  readonly pool: Pool;
  readonly db: Kysely<DB>;
  readonly storage: Storage;
  readonly now: () => Date;
  /** uuid v7: ids made later sort later, which lists rely on. */
  readonly newUuid: () => string;
  readonly sha256: (text: string) => string;
  close(): Promise<void>;
}

export function createPlane(
  env: PlaneEnv,
  options: { applicationName: string; max?: number },
): Plane {
  const pool = createPool({ connectionString: env.DATABASE_URL, ...options });
  const now = () => new Date();
  return {
    pool,
    db: createDatabase<DB>(pool),
    storage: createStorage({
      url: env.SUPABASE_URL,
      key: env.SUPABASE_ANON_KEY,
      jwtSecret: env.SUPABASE_JWT_SECRET,
      now,
    }),
    now,
    newUuid: () => uuid7(),
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    close: () => pool.end(),
  };
}

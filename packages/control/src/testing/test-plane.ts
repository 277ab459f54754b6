import { randomBytes, randomUUID } from "node:crypto";
import { createTestDatabase, seedMember, seedTenant, type TestDatabase } from "@nofx/db/testing";
import { createPool } from "@nofx/db/client";
import type { MemberRole } from "@nofx/core/vocabulary";
import type { Pool } from "pg";
import type { MemberContext } from "../command/context.ts";
import { createPlane, type Plane } from "../command/plane.ts";

export interface TestPlane {
  readonly plane: Plane;
  readonly database: TestDatabase;
  /** The owner's connection, to arrange and to look; the plane itself runs as nofx_web. */
  readonly owner: Pool;
  /** What another plane on this database has to have for its key, to read what this one seals. */
  readonly kek: string;
  /** A new tenant with shell trusted, unless said otherwise. */
  tenant(options?: { shell?: "off" | "trusted" | "sandboxed" }): Promise<TestTenant>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TestTenant {
  readonly id: string;
  /** A request of a new or known member: each call has its own idempotency key. */
  as(role: MemberRole, userId?: string): Promise<MemberContext>;
}

/** A control plane on a database of its own. `supabase` is needed only where files are stored. */
export async function createTestPlane(supabase?: {
  url: string;
  anonKey: string;
  jwtSecret: string;
  database: TestDatabase;
}): Promise<TestPlane> {
  const database = supabase?.database ?? (await createTestDatabase());
  const kek = `1:${randomBytes(32).toString("base64url")}`;
  const plane = createPlane(
    {
      DATABASE_URL: database.url("nofx_web"),
      SUPABASE_URL: supabase?.url ?? "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: supabase?.anonKey ?? "none",
      SUPABASE_JWT_SECRET: supabase?.jwtSecret ?? "none",
      NOFX_KEK: kek,
    },
    { applicationName: "test" },
  );
  const owner = createPool({
    connectionString: database.url("postgres"),
    applicationName: "owner",
    max: 4,
  });
  return {
    plane,
    database,
    owner,
    kek,
    async tenant(options = { shell: "trusted" }) {
      const { id } = await seedTenant(owner, options);
      return { id, as: (role, userId) => member(plane, owner, id, role, userId) };
    },
    async [Symbol.asyncDispose]() {
      await plane.close();
      await owner.end();
      if (supabase === undefined) await database.drop();
    },
  };
}

async function member(
  plane: Plane,
  owner: Pool,
  tenantId: string,
  role: MemberRole,
  known?: string,
): Promise<MemberContext> {
  const userId = known ?? (await seedMember(owner, tenantId, role));
  return {
    plane,
    actor: { type: "member", id: userId },
    email: `${userId}@example.test`,
    name: role,
    tenantId,
    role,
    idempotencyKey: randomUUID(),
    correlationId: randomUUID(),
    replayed: false,
  };
}

/** The same person asking again: under a new idempotency key, or the one given. */
export function again(ctx: MemberContext, idempotencyKey: string = randomUUID()): MemberContext {
  return { ...ctx, idempotencyKey, replayed: false };
}

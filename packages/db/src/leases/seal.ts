import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const SealedTenant = z.object({
  tenant_id: z.string(),
  seq: z.number(),
  sealed: z.number(),
  run_ids: z.array(z.string()),
  approvals: z.boolean(),
  lag_ms: z.number(),
  /** What was told of plans, questions and verdicts, counted. */
  decisions: z.array(
    z.object({
      what: z.enum(["plan", "approval", "verdict"]),
      name: z.string(),
      verdict: z.string().nullable(),
      count: z.number(),
    }),
  ),
});
export type SealedTenant = z.infer<typeof SealedTenant>;

/** Numbers up to `limit` events; answers one row a tenant, nothing while another sealer is at it. */
export async function seal(db: EngineDb, limit: number): Promise<SealedTenant[]> {
  const { rows } = await sql`select * from engine.seal(${limit})`.execute(db);
  return z.array(SealedTenant).parse(rows);
}

/** Vouches in the audit log for what has been sealed since the last time; answers how many tenants. */
export async function auditSealed(db: EngineDb): Promise<number> {
  return Number(await callOne(db, sql`select engine.audit_sealed() as value`));
}

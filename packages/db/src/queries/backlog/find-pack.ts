import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface PackItemRecord {
  id: string;
  key: string;
  title: string;
  description: string | null;
  kind: string | null;
  type: string | null;
  arguments: Record<string, unknown> | null;
  needs: string[];
  /** Seconds from the end of a need to the start of this item. */
  lags: Record<string, number>;
  resources: string[];
  estimate_minutes: number | null;
  priority: number;
  labels: string[];
  risk: string[];
  sensitive: boolean;
  owner: string | null;
  undo: unknown;
  pivot: boolean;
  max_failures: number;
  deadline_seconds: number;
  position: number;
}

export async function findPack(db: Executor, tenantId: string, name: string) {
  return db
    .selectFrom("packs")
    .select(["id", "name", "title", "workspace", "arranged"])
    .where("tenant_id", "=", tenantId)
    .where("name", "=", name)
    .executeTakeFirst();
}

/** Makes those who change a pack or plan it take turns, until the transaction ends. */
export async function lockPack(db: Executor, packId: string): Promise<void> {
  await sql`select id from packs where id = ${packId}::uuid for update`.execute(db);
}

/** Every item of a pack, in document order. */
export async function loadPackItems(db: Executor, packId: string): Promise<PackItemRecord[]> {
  const { rows } = await sql<PackItemRecord>`
    select id, key, title, description, kind, type, arguments, needs, lags, resources, estimate_minutes, priority, labels, risk, sensitive,
           owner, undo, pivot, max_failures, deadline_seconds, position
    from backlog_items where pack_id = ${packId}::uuid order by position, id
  `.execute(db);
  return rows;
}

/**
 * Keys of a pack's items that are done as they are: every step that the newest plan made of them succeeded when it last ran, and
 * they have not been changed since that plan.
 */
export async function listDoneKeys(db: Executor, packId: string): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select i.key from backlog_items i
    cross join lateral (
      select s.plan_id, p.created_at from plan_steps s join plans p on p.id = s.plan_id
      where s.backlog_item_id = i.id order by s.id desc limit 1
    ) planned
    where i.pack_id = ${packId}::uuid and i.updated_at <= planned.created_at
      and not exists (
        select from plan_steps s
        where s.backlog_item_id = i.id and s.plan_id = planned.plan_id
          and (select st.status from steps_all st where st.plan_step_id = s.id order by st.id desc limit 1) is distinct from 'succeeded')
  `.execute(db);
  return rows.map((row) => row.key);
}

/** Keys and needs of a pack's items: what an import may refer to. */
export async function loadPackKeys(db: Executor, packId: string): Promise<Map<string, string[]>> {
  const rows = await db
    .selectFrom("backlog_items")
    .select(["key", "needs"])
    .where("pack_id", "=", packId)
    .execute();
  return new Map(rows.map((row) => [row.key, row.needs]));
}

/** The tenant's rules for items without a kind. */
export async function loadPlanRules(db: Executor, tenantId: string): Promise<unknown[]> {
  const rows = await db
    .selectFrom("plan_rules")
    .select("rule")
    .where("tenant_id", "=", tenantId)
    .orderBy("position")
    .execute();
  return rows.map((row) => row.rule);
}

/** Digests of a pack's items by key: what an import would change. */
export async function loadPackDigests(
  db: Executor,
  tenantId: string,
  pack: string,
): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom("backlog_items as i")
    .innerJoin("packs as p", "p.id", "i.pack_id")
    .select(["i.key", "i.digest"])
    .where("p.tenant_id", "=", tenantId)
    .where("p.name", "=", pack)
    .execute();
  return new Map(rows.map((row) => [row.key, row.digest]));
}

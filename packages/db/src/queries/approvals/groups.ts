import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/**
 * Until the transaction ends nobody removes a group of the tenant; `removing`: and nobody says anything that names one. As
 * engine.missing_groups.
 */
export async function lockGroups(db: Executor, tenantId: string, removing = false): Promise<void> {
  const key = sql`hashtextextended(${`approval groups|${tenantId}`}, 0)`;
  await sql`select ${removing ? sql`pg_advisory_xact_lock` : sql`pg_advisory_xact_lock_shared`}(${key})`.execute(
    db,
  );
}

/** Of these names those that are groups. */
export async function findGroupNames(
  db: Executor,
  tenantId: string,
  names: readonly string[],
): Promise<string[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<{ name: string }>`
    select g.name from approval_groups g where g.tenant_id = ${tenantId}::uuid and g.name = any(${names}::text[])
  `.execute(db);
  return rows.map(({ name }) => name);
}

/** What names a group, in words, each once. */
export async function findGroupUses(
  db: Executor,
  tenantId: string,
  name: string,
): Promise<string[]> {
  const named = (rule: ReturnType<typeof sql.ref>) =>
    sql`(${rule} ->> 'escalateTo' = ${name} or ${rule} -> 'groups' @> jsonb_build_array(jsonb_build_object('group', ${name}::text)))`;
  const { rows } = await sql<{ what: string }>`
    select distinct u.what from (
      select 'a rule of approvals' as what from approval_rules r where r.tenant_id = ${tenantId}::uuid and ${named(sql.ref("r.rule"))}
      union all
      select 'the tool ' || t.name from agent_tools t
      where t.tenant_id = ${tenantId}::uuid and t.status = 'active' and ${named(sql.ref("t.rule"))}
      union all
      select 'the setting compliance.approvers' from tenant_settings s
      cross join lateral jsonb_each_text(coalesce(s.value -> 'approvers', '{}')) a
      where s.tenant_id = ${tenantId}::uuid and s.key = 'compliance' and a.value = ${name}
      union all
      select 'an open question' from approvals a
      where a.tenant_id = ${tenantId}::uuid and a.status = 'pending' and ${named(sql.ref("a.rule"))}
    ) u order by u.what
  `.execute(db);
  return rows.map(({ what }) => what);
}

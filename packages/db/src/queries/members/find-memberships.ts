import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface Membership {
  tenant_id: string;
  slug: string;
  tenant_name: string;
  role: string;
  name: string;
  email: string;
  shell: string;
}

/** The tenants of a person, oldest membership first. Runs as that person: row level security does the choosing. */
export async function findMemberships(db: Executor, userId: string): Promise<Membership[]> {
  const { rows } = await sql<Membership>`
    select m.tenant_id, t.slug, t.name as tenant_name, m.role, m.name, m.email,
           coalesce(s.value #>> '{}', 'off') as shell
    from members m
    join tenants t on t.id = m.tenant_id
    left join tenant_settings s on s.tenant_id = m.tenant_id and s.key = 'shell'
    where m.user_id = ${userId}::uuid
    order by m.created_at, m.id
  `.execute(db);
  return rows;
}

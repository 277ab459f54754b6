import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface MemberRecord {
  user_id: string;
  name: string;
  email: string;
  role: string;
}

/** The people of a tenant by name; the first thousand. */
export async function listMembers(db: Executor, tenantId: string): Promise<MemberRecord[]> {
  const { rows } = await sql<MemberRecord>`
    select user_id, name, email, role from members where tenant_id = ${tenantId}::uuid order by name, user_id limit 1000
  `.execute(db);
  return rows;
}

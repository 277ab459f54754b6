import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface NewReceiver {
  id: string;
  tenantId: string;
  name: string;
  description: string;
  actsFor: readonly string[];
  decisions: readonly string[];
  subjects: readonly string[];
  secret: string;
  createdBy: string;
}

/** The receiver and its secret; false where the name is taken. */
export async function insertReceiver(db: Executor, receiver: NewReceiver): Promise<boolean> {
  const { rows } = await sql`
    insert into inbound_receivers (id, tenant_id, name, description, acts_for, decisions, subjects, holders, created_by)
    values (${receiver.id}, ${receiver.tenantId}, ${receiver.name}, ${receiver.description}, ${receiver.actsFor}::uuid[],
      ${receiver.decisions}::text[], ${receiver.subjects}::text[], array[${receiver.createdBy}::uuid], ${receiver.createdBy}::uuid)
    on conflict (tenant_id, name) do nothing returning id
  `.execute(db);
  if (rows.length === 0) return false;
  await sql`
    insert into inbound_secrets (receiver_id, tenant_id, secret) values (${receiver.id}, ${receiver.tenantId}, ${receiver.secret})
  `.execute(db);
  return true;
}

/** Answers whether it is there. */
export async function setReceiverStatus(
  db: Executor,
  tenantId: string,
  id: string,
  status: "active" | "disabled",
): Promise<boolean> {
  const { rows } = await sql`
    update inbound_receivers set status = ${status} where tenant_id = ${tenantId}::uuid and id = ${id}::uuid returning id
  `.execute(db);
  return rows.length > 0;
}

export async function deleteReceiver(db: Executor, tenantId: string, id: string): Promise<boolean> {
  const { rows } = await sql`
    delete from inbound_receivers where tenant_id = ${tenantId}::uuid and id = ${id}::uuid returning id
  `.execute(db);
  return rows.length > 0;
}

/** Stores a new secret; until when the one before it still opens. */
export async function rotateInboundSecret(
  db: Executor,
  tenantId: string,
  id: string,
  secret: string,
): Promise<Date | null> {
  const { rows } = await sql<{ until: Date | null }>`
    select app.rotate_inbound_secret(${tenantId}::uuid, ${id}::uuid, ${secret}) as until
  `.execute(db);
  return rows[0]?.until ?? null;
}

import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface OpenReceiver {
  tenant_id: string;
  name: string;
  secrets: string[];
  decisions: string[];
  subjects: string[];
  /** Who was shown a secret of it. */
  holders: string[];
}

// By the login of the web, before any claim is set: nobody is signed in.

/** An active receiver with what its messages are checked with. */
export async function openReceiver(db: Executor, id: string): Promise<OpenReceiver | undefined> {
  const { rows } = await sql<OpenReceiver>`
    select tenant_id, name, secrets, decisions, subjects, holders from app.inbound_receiver(${id}::uuid)
  `.execute(db);
  return rows[0];
}

/** The member of that address whom the receiver speaks for. */
export async function findInboundMember(
  db: Executor,
  receiverId: string,
  email: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string | null }>`
    select app.inbound_member(${receiverId}::uuid, ${email}) as id
  `.execute(db);
  return rows[0]?.id ?? undefined;
}

/** Takes a message once. */
export async function beginMessage(
  db: Executor,
  receiverId: string,
  messageId: string,
): Promise<"begun" | "replayed" | "in_flight"> {
  const { rows } = await sql<{ state: "begun" | "replayed" | "in_flight" }>`
    select app.inbound_begin(${receiverId}::uuid, ${messageId}) as state
  `.execute(db);
  return rows[0]?.state ?? "in_flight";
}

/** What became of it; `outcome` null: nothing, it may come again. */
export async function endMessage(
  db: Executor,
  receiverId: string,
  messageId: string,
  end: { outcome: string | null; approvalId?: string | undefined; userId?: string | undefined },
): Promise<void> {
  await sql`
    select app.inbound_end(${receiverId}::uuid, ${messageId}, ${end.outcome}, ${end.approvalId ?? null}::uuid,
      ${end.userId ?? null}::uuid)
  `.execute(db);
}

import type { Tombstone } from "@nofx/core/contract";
import { sealedContent, type ContentRecord, type Executor } from "@nofx/db/queries";
import { locked } from "../vault/use-key.ts";
import type { ContentDeps } from "./content-kek.ts";
import { KekUnknown, openContent } from "./seal-content.ts";

/** What a message says, as far as it still says it. */
export interface OpenedMessage {
  /** Null where it was redacted whole. */
  readonly payload: unknown;
  readonly redacted: Tombstone | null;
}

/**
 * Opens messages by their ids, for a caller who may read them. One that is not there is not in the answer. Throws `vault_locked` in a
 * process that was not given the KEK.
 */
export async function openMessages(
  db: Executor,
  { keks }: Pick<ContentDeps, "keks">,
  tenantId: string | null,
  ids: readonly string[],
): Promise<Map<string, OpenedMessage>> {
  const opened = new Map<string, OpenedMessage>();
  if (ids.length === 0) return opened;
  for (const row of await sealedContent(db, tenantId, ids)) {
    const payload = await payloadOf(row, keks);
    opened.set(row.id, { payload, redacted: tombstoneOf(row) });
  }
  return opened;
}

async function payloadOf(row: ContentRecord, keks: ContentDeps["keks"]): Promise<unknown> {
  const { sealed, wrapped, kek } = row;
  if (sealed === null || wrapped === null) return row.payload ?? null;
  try {
    const item = { tenantId: row.tenant_id, id: row.id };
    return await openContent({ sealed, wrapped, kek }, item, async (kid) => keks?.find(kid));
  } catch (error) {
    if (error instanceof KekUnknown) throw locked();
    throw error;
  }
}

export function tombstoneOf(
  row: Pick<ContentRecord, "redacted_at" | "redacted_by" | "redacted_why" | "content_hash">,
): Tombstone | null {
  if (row.redacted_at === null) return null;
  return {
    at: row.redacted_at.toISOString(),
    by: row.redacted_by ?? "",
    why: row.redacted_why ?? "",
    contentHash: row.content_hash ?? "",
  };
}

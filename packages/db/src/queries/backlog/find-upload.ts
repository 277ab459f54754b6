import type { Executor } from "../executor.ts";

export async function findUpload(db: Executor, tenantId: string, id: string) {
  return db
    .selectFrom("uploads")
    .select(["path", "content_type", "size"])
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .executeTakeFirst();
}

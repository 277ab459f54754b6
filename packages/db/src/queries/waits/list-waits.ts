import { sql, type RawBuilder } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface WaitRecord {
  id: string;
  run_id: string;
  step_id: string;
  step_name: string;
  name: string;
  option: string;
  kind: string;
  topic: string | null;
  key: string | null;
  due_at: Date | null;
  question: { title?: string; question: string; choices?: string[] } | null;
  approval_id: string | null;
  status: string;
  created_at: Date;
  ended_at: Date | null;
}

/** What is archived waits for nothing, so open waits are looked for among the live ones only. */
async function select(
  db: Executor,
  from: "waits" | "waits_all",
  rest: RawBuilder<unknown>,
): Promise<WaitRecord[]> {
  const { rows } = await sql<WaitRecord>`
    select w.id, w.run_id, w.step_id, s.name as step_name, w.name, w.option, w.kind, w.topic, w.key, w.due_at, w.question,
           w.approval_id, w.status, w.created_at, w.ended_at
    from ${sql.table(from)} w join steps_all s on s.id = w.step_id
    ${rest}
  `.execute(db);
  return rows;
}

/** What steps wait for, newest first. */
export async function listWaits(
  db: Executor,
  filter: {
    tenantId: string;
    runId?: string | undefined;
    kind?: string | undefined;
    status: "open" | "all";
    cursor?: string | undefined;
    limit: number;
  },
) {
  const after = decodeCursor(filter.cursor);
  const rows = await select(
    db,
    filter.status === "open" ? "waits" : "waits_all",
    sql`where w.tenant_id = ${filter.tenantId}::uuid
      ${filter.status === "all" ? sql`` : sql`and w.ended_at is null`}
      and (${filter.runId ?? null}::uuid is null or w.run_id = ${filter.runId ?? null}::uuid)
      and (${filter.kind ?? null}::text is null or w.kind = ${filter.kind ?? null}::text)
      and (${after === undefined}::boolean or w.id < ${after?.[0] ?? null}::uuid)
      order by w.id desc limit ${filter.limit + 1}`,
  );
  return cutPage(rows, filter.limit, (row) => [row.id]);
}

export async function findWait(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<WaitRecord | undefined> {
  const rows = await select(
    db,
    "waits_all",
    sql`where w.tenant_id = ${tenantId}::uuid and w.id = ${id}::uuid`,
  );
  return rows[0];
}

import type { Undo } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface ItemRow {
  key: string;
  title: string;
  description: string | null;
  kind: string | null;
  type: string | null;
  arguments: Record<string, unknown> | null;
  needs: string[];
  /** Seconds from the end of a need to the start of this item. */
  lags?: Readonly<Record<string, number>>;
  resources?: readonly string[];
  estimate_minutes?: number | null;
  priority: number;
  labels: string[];
  risk: string[];
  sensitive: boolean;
  owner: string | null;
  undo: Undo | null;
  pivot: boolean;
  max_failures: number;
  deadline_seconds: number;
  position: number;
  digest: string;
}

/** Makes or changes the pack and answers its id. */
export async function upsertPack(
  db: Executor,
  pack: { tenantId: string; name: string; title: string | null; workspace: string | null },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into packs (tenant_id, name, title, workspace)
    values (${pack.tenantId}, ${pack.name}, ${pack.title}, ${pack.workspace})
    on conflict (tenant_id, name) do update
      set title = coalesce(excluded.title, packs.title), workspace = coalesce(excluded.workspace, packs.workspace),
          updated_at = clock_timestamp()
    returning id
  `.execute(db);
  return rows[0]?.id ?? "";
}

/** Writes all rows in one statement; a row whose digest did not change is left alone. Counts what happened. */
export async function upsertItems(
  db: Executor,
  tenantId: string,
  packId: string,
  items: readonly ItemRow[],
): Promise<{ created: number; updated: number }> {
  const { rows } = await sql<{ created: number; updated: number }>`
    with written as (
      insert into backlog_items (tenant_id, pack_id, key, title, description, kind, type, arguments, needs, lags, resources, estimate_minutes,
        priority, labels, risk, sensitive, owner, undo, pivot, max_failures, deadline_seconds, position, digest)
      select ${tenantId}::uuid, ${packId}::uuid, i.key, i.title, i.description, i.kind, i.type, i.arguments, i.needs,
        coalesce(i.lags, '{}'), coalesce(i.resources, '{}'), i.estimate_minutes, i.priority,
        i.labels, i.risk, i.sensitive, i.owner, i.undo, i.pivot, i.max_failures, i.deadline_seconds, i.position, i.digest
      from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as i (
        key text, title text, description text, kind text, type text, arguments jsonb, needs text[], lags jsonb, resources text[],
        estimate_minutes double precision, priority smallint, labels text[],
        risk text[], sensitive boolean, owner text, undo jsonb, pivot boolean, max_failures integer, deadline_seconds integer,
        position integer, digest text)
      order by i.position
      on conflict (pack_id, key) do update set
        title = excluded.title, description = excluded.description, kind = excluded.kind, type = excluded.type,
        arguments = excluded.arguments, needs = excluded.needs, lags = excluded.lags, resources = excluded.resources,
        estimate_minutes = excluded.estimate_minutes, priority = excluded.priority, labels = excluded.labels,
        risk = excluded.risk, sensitive = excluded.sensitive, owner = excluded.owner, undo = excluded.undo,
        pivot = excluded.pivot, max_failures = excluded.max_failures, deadline_seconds = excluded.deadline_seconds,
        position = excluded.position, digest = excluded.digest, updated_at = clock_timestamp()
      where backlog_items.digest <> excluded.digest
      returning (xmax = 0) as created
    )
    select (count(*) filter (where created))::integer as created, (count(*) filter (where not created))::integer as updated
    from written
  `.execute(db);
  return rows[0] ?? { created: 0, updated: 0 };
}

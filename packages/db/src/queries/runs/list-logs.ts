import { sql } from "kysely";
import type { Executor } from "../executor.ts";
import { cutPage, decodeCursor } from "../paging.ts";

export interface LogRecord {
  id: number;
  step_id: string;
  step_name: string;
  epoch: number;
  at: Date;
  stream: string;
  text: string;
}

/**
 * Lines of a run, oldest first. With `tail` the newest page, and the cursor reads on towards older lines; without it the
 * first page, and the cursor reads on towards newer ones.
 */
export async function listLogs(
  db: Executor,
  filter: {
    runId: string;
    stepId: string | null;
    tail: boolean;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const from = decodeCursor(filter.cursor)?.[0] ?? null;
  const order = filter.tail ? sql`desc` : sql`asc`;
  const { rows } = await sql<LogRecord>`
    select l.id, l.step_id, s.name as step_name, l.epoch, l.at, l.stream, l.text
    from step_logs_all l join steps_all s on s.id = l.step_id
    where l.run_id = ${filter.runId}::uuid
      and (${filter.stepId}::uuid is null or l.step_id = ${filter.stepId}::uuid)
      and (${from}::bigint is null or case when ${filter.tail}::boolean then l.id < ${from}::bigint else l.id > ${from}::bigint end)
    order by l.id ${order} limit ${filter.limit + 1}
  `.execute(db);
  const page = cutPage(rows, filter.limit, (row) => [row.id]);
  return filter.tail ? { ...page, items: page.items.toReversed() } : page;
}

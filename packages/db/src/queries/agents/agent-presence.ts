import { sql } from "kysely";
import type { Executor } from "../executor.ts";

/** A process of the calling agent is there. Heard of a moment ago, it is not written again. */
export async function touchAgentPresence(
  db: Executor,
  presence: {
    tenantId: string;
    runner: string;
    version: string | null;
    runtime: string | null;
    slots: number;
    busy: number;
  },
): Promise<void> {
  const { tenantId, runner, version, runtime, slots, busy } = presence;
  await sql`
    select app.touch_agent_presence(${tenantId}::uuid, ${runner}, ${version}, ${runtime}, ${slots}::integer, ${busy}::integer)
  `.execute(db);
}

export interface IntroducedRecord {
  known: boolean;
  status: string;
  max_concurrency: number | null;
}

/** The calling agent says what its code is and can do. */
export async function introduceAgent(
  db: Executor,
  told: {
    tenantId: string;
    version: string;
    runtime: string;
    concurrency: number;
    tasks: string;
    tasksSha256: string;
  },
): Promise<IntroducedRecord> {
  const { rows } = await sql<{ value: IntroducedRecord }>`
    select app.introduce_agent(${told.tenantId}::uuid, ${told.version}, ${told.runtime}, ${told.concurrency}::integer,
      ${told.tasks}::jsonb, ${told.tasksSha256}) as value
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("An introduction was not answered.");
  return row.value;
}

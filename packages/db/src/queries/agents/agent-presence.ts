import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface RunnerNote {
  readonly agent_id: string;
  readonly runner: string;
  readonly version: string | null;
  readonly runtime: string | null;
  readonly slots: number;
  readonly busy: number;
}

/** Processes of agents are there, each named once. Whoever says so has let their agents in. */
export async function noteAgentPresence(db: Executor, notes: readonly RunnerNote[]): Promise<void> {
  await sql`select app.note_agent_presence(${JSON.stringify(notes)}::jsonb)`.execute(db);
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

/** The calling agent describes itself: its words, and the titles of capabilities that it has. */
export async function describeAgent(
  db: Executor,
  told: {
    tenantId: string;
    description: string;
    tags: readonly string[];
    card: unknown;
    titles: readonly { readonly capability: string; readonly title: string }[];
  },
): Promise<void> {
  await sql`
    select app.describe_agent(${told.tenantId}::uuid, ${told.description}, ${told.tags}::text[], ${JSON.stringify(told.card)}::jsonb,
      ${JSON.stringify(told.titles)}::jsonb)
  `.execute(db);
}

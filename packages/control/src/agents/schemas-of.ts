import { listSchemas, type Executor } from "@nofx/db/queries";

type JsonSchema = Record<string, unknown>;

/** What one agent takes and answers for a capability, as the newest version that it introduced says. */
export interface TaskSchemas {
  readonly agentId: string;
  readonly agent: string;
  readonly version: string;
  readonly input: JsonSchema | null;
  readonly output: JsonSchema | null;
  readonly events: Readonly<Record<string, JsonSchema>>;
}

/**
 * The schemas of all agents of a capability that have introduced themselves, those that are given nothing now too: they may be back
 * when a step is due. Retired ones are not. An agent that declared none has nulls.
 */
export async function schemasOf(
  db: Executor,
  tenantId: string,
  capability: string,
): Promise<TaskSchemas[]> {
  const rows = await listSchemas(db, tenantId, capability);
  return rows.map((row) => ({
    agentId: row.agent_id,
    agent: row.agent,
    version: row.version,
    input: row.input_schema,
    output: row.output_schema,
    events: row.events ?? {},
  }));
}

import type { Executor } from "@nofx/db/queries";

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

/** The schemas of all active agents of a capability that have introduced themselves; an agent that declared none has nulls. */
export async function schemasOf(
  _db: Executor,
  _tenantId: string,
  _capability: string,
): Promise<TaskSchemas[]> {
  return [];
}

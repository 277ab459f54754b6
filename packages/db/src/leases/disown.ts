import { sql } from "kysely";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

/** Gives back everything under the worker's name that it does not know of; answers how many steps. */
export async function disown(
  db: EngineDb,
  worker: string,
  held: readonly { stepId: string; epoch: number }[],
): Promise<number> {
  const items = JSON.stringify(held.map(({ stepId, epoch }) => ({ step_id: stepId, epoch })));
  return Number(await callOne(db, sql`select engine.disown(${worker}, ${items}::jsonb) as value`));
}

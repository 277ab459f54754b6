import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

export interface EventFromOutside {
  readonly tenantId: string;
  readonly name: string;
  readonly key: string | null;
  readonly payload: unknown;
  /** Only for waits of this run. */
  readonly runId: string | null;
}

const SentEvent = z.object({
  event_id: z.string(),
  /** How many open waits it was for. */
  waiting: z.number(),
  for_workers: z.number(),
  for_agents: z.number(),
});
export type SentEvent = z.infer<typeof SentEvent>;

/** Stores an event and wakes who waits for it. Undefined when the run is not one of this tenant. */
export async function sendEvent(
  db: EngineDb,
  event: EventFromOutside,
  by: { readonly type: string; readonly id: string },
): Promise<SentEvent | undefined> {
  const sent = await callOne(
    db,
    sql`select engine.send_event(${event.tenantId}::uuid, ${event.name}, ${event.key},
      ${JSON.stringify(event.payload)}::jsonb, ${event.runId}::uuid, ${by.type}, ${by.id}) as value`,
  );
  return sent === null ? undefined : SentEvent.parse(sent);
}

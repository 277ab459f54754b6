import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { Claim, EngineDb } from "./engine-db.ts";

export interface StepEvent {
  /** What names this in its step. */
  readonly name: string;
  readonly event: string;
  readonly key: string | null;
  readonly payload: unknown;
}

const Emitted = z.object({
  event_id: z.string(),
  /** False where the step had said it before. */
  created: z.boolean(),
  waiting: z.number(),
  for_workers: z.number(),
  for_agents: z.number(),
});
export type Emitted = z.infer<typeof Emitted>;

/** Stores an event of a step for its run and wakes who waits for it there, once under its name. */
export async function emitEvent(
  db: EngineDb,
  claim: Claim,
  { name, event, key, payload }: StepEvent,
  by: { readonly type: string; readonly id: string },
): Promise<Emitted> {
  return Emitted.parse(
    await callOne(
      db,
      sql`select engine.emit_event(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch}, ${name}, ${event}, ${key},
        ${JSON.stringify(payload)}::jsonb, ${by.type}, ${by.id}) as value`,
    ),
  );
}

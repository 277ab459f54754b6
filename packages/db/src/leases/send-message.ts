import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

export interface MessageToStep {
  readonly tenantId: string;
  readonly to: string;
  readonly channel: string;
  readonly payload: unknown;
  /** The step that sends; people send from none. */
  readonly from?: {
    readonly stepId: string;
    readonly epoch: number;
    /** What the same step sends again under this name is not stored again. */
    readonly sentAs: string;
  };
}

const SentMessage = z.object({
  message_id: z.string().nullable(),
  /** The step has ended: it reads nothing any more, and nothing was stored. */
  ended: z.boolean(),
  for_workers: z.number(),
  for_agents: z.number(),
});
export type SentMessage = z.infer<typeof SentMessage>;

/** Puts a message into a step's mailbox. Undefined when the sender can reach no such step. */
export async function sendMessage(
  db: EngineDb,
  message: MessageToStep,
  by: { readonly type: string; readonly id: string },
): Promise<SentMessage | undefined> {
  const { tenantId, to, channel, payload, from } = message;
  const sent = await callOne(
    db,
    sql`select engine.send_message(${tenantId}::uuid, ${from?.stepId ?? null}::uuid, ${from?.epoch ?? null},
      ${to}::uuid, ${channel}, ${JSON.stringify(payload)}::jsonb, ${from?.sentAs ?? null}, ${by.type}, ${by.id}) as value`,
  );
  return sent === null ? undefined : SentMessage.parse(sent);
}

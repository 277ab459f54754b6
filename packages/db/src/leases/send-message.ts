import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

export interface MessageToStep {
  readonly tenantId: string;
  readonly to: string;
  readonly channel: string;
  /** Of what is not sealed. */
  readonly payload?: unknown;
  /** What is said, as the bus stores it: id, sealed, wrapped, kek, content_hash. */
  readonly sealed?: Readonly<Record<string, unknown>>;
  /** The step that sends; people send from none. */
  readonly from?: {
    readonly stepId: string;
    readonly epoch: number;
    /** What the same step sends again under this name is not stored again. */
    readonly sentAs: string;
  };
}

const SentMessage = z.object({
  message_id: z
    .string()
    .nullish()
    .transform((id) => id ?? null),
  /** The step has ended: it reads nothing any more, and nothing was stored. */
  ended: z.boolean().default(false),
  /** The KEK that it was sealed with is retired, and nothing was stored. */
  kek_refused: z.boolean().default(false),
  for_workers: z.number().default(0),
  for_agents: z.number().default(0),
});
export type SentMessage = z.infer<typeof SentMessage>;

/** Puts a message into a step's mailbox. Undefined when the sender can reach no such step. */
export async function sendMessage(
  db: EngineDb,
  message: MessageToStep,
  by: { readonly type: string; readonly id: string },
): Promise<SentMessage | undefined> {
  const { tenantId, to, channel, payload, from, sealed } = message;
  const sent = await callOne(
    db,
    sql`select engine.send_message(${tenantId}::uuid, ${from?.stepId ?? null}::uuid, ${from?.epoch ?? null},
      ${to}::uuid, ${channel}, ${JSON.stringify(payload ?? null)}::jsonb, ${from?.sentAs ?? null}, ${by.type}, ${by.id},
      ${sealed === undefined ? null : JSON.stringify(sealed)}::jsonb) as value`,
  );
  return sent === null ? undefined : SentMessage.parse(sent);
}

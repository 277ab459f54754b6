import { WaitStatus } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const AnsweredWait = z.object({
  result: z.enum(["met", "closed"]),
  status: WaitStatus,
  for_workers: z.number(),
  for_agents: z.number(),
});
export type AnsweredWait = z.infer<typeof AnsweredWait>;

/** A person's answer to a question that a step waits on. Undefined when there is none of this id. */
export async function answerWait(
  db: EngineDb,
  wait: { readonly tenantId: string; readonly waitId: string; readonly answer: unknown },
  by: { readonly type: string; readonly id: string },
): Promise<AnsweredWait | undefined> {
  const answered = await callOne(
    db,
    sql`select engine.answer_wait(${wait.tenantId}::uuid, ${wait.waitId}::uuid,
      ${JSON.stringify(wait.answer)}::jsonb, ${by.type}, ${by.id}) as value`,
  );
  return answered === null ? undefined : AnsweredWait.parse(answered);
}

import type { Executor } from "@nofx/db/queries";
import type { WaitAnswer } from "@nofx/db/leases";
import { MetPayload } from "@nofx/db/leases";
import type { ContentDeps } from "../content/content-kek.ts";
import { openMessages } from "../content/open-messages.ts";

/** A wait keeps of a sealed message its id alone: here it is opened, for whoever takes it. What was redacted since stays closed. */
export async function openWait(
  db: Executor,
  deps: Pick<ContentDeps, "keks">,
  tenantId: string | null,
  answer: WaitAnswer,
): Promise<WaitAnswer> {
  if (answer.held || answer.kind !== "message") return answer;
  const met = MetPayload.parse({ kind: answer.kind, payload: answer.payload });
  if (met.kind !== "message" || !met.payload.sealed) return answer;
  const { message_id } = met.payload;
  const opened = (await openMessages(db, deps, tenantId, [message_id])).get(message_id);
  return {
    ...answer,
    payload: {
      ...met.payload,
      payload: opened?.payload ?? null,
      ...(opened?.redacted != null && { redacted: opened.redacted }),
    },
  };
}

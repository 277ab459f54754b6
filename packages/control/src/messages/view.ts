import type { BusMessage } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import type { Executor, MessageRecord } from "@nofx/db/queries";
import type { ContentDeps } from "../content/content-kek.ts";
import { openMessages, type OpenedMessage } from "../content/open-messages.ts";

/** Rows as whoever may read them sees them. */
export async function viewMessages(
  tx: Executor,
  deps: Pick<ContentDeps, "keks">,
  tenantId: string,
  rows: readonly MessageRecord[],
): Promise<BusMessage[]> {
  const opened = await openMessages(
    tx,
    deps,
    tenantId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => viewMessage(row, opened.get(row.id)));
}

function viewMessage(row: MessageRecord, opened: OpenedMessage | undefined): BusMessage {
  const agentId = row.sender_type === "agent" && UUID.test(row.sender_id) ? row.sender_id : null;
  return {
    messageId: toId("message", row.id),
    // messages of before there were conversations are each alone
    conversationId: toId("conversation", row.conversation_id ?? row.id),
    seq: row.conversation_seq ?? 1,
    to: {
      run: orNull("run", row.to_step === null && row.session_id === null ? row.run_id : null),
      session: orNull("session", row.session_id),
      step: orNull("step", row.to_step),
      agent: orNull("agent", row.to_agent),
      channel: row.channel,
    },
    type: row.type,
    version: row.version,
    from: {
      kind: row.sender_type,
      name: row.sender_name,
      agentId: orNull("agent", agentId),
      stepId: orNull("step", row.step_id),
    },
    correlationId: row.correlation_id,
    causedBy: orNull("message", row.causation_id),
    sentAt: row.at.toISOString(),
    class: row.class,
    refs:
      row.refs === null
        ? null
        : {
            artifacts: (row.refs.artifacts ?? []).map((id) => toId("artifact", id)),
            checkpoints: (row.refs.checkpoints ?? []).map(({ step_id, name }) => ({
              stepId: toId("step", step_id),
              name,
            })),
          },
    key: row.board_key,
    payload: opened?.payload ?? null,
    redacted: opened?.redacted ?? null,
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function orNull<K extends Parameters<typeof toId>[0]>(kind: K, uuid: string | null) {
  return uuid === null ? null : toId(kind, uuid);
}

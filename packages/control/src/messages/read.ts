import { ruleFor, type ChannelRule } from "@nofx/core/bus";
import type { BoardRequest, BoardResponse, ReadRequest, ReadResponse } from "@nofx/core/contract";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findConversation, moveCursor, readMessages } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";
import { boardRead } from "./board.ts";
import { callerOf, destinationOf, refuseUnlessAllowed } from "./resolve.ts";
import { viewMessages } from "./view.ts";

/** How often a reader that waits looks again. */
const LOOK_MS = 250;

/**
 * What a reader has not read yet of a channel, in order. It is told of a message until it says that it is done with it. With
 * `waitSeconds` it waits for something to come.
 */
export async function readOnBus(
  ctx: AgentContext,
  request: ReadRequest,
  signal?: AbortSignal,
): Promise<ReadResponse> {
  const { clock } = ctx.plane;
  const until = clock.now() + request.waitSeconds * 1_000;
  for (;;) {
    const answer = await inTransaction(ctx, (tx) => readOnce(ctx, tx, request));
    const left = until - clock.now();
    if (answer.messages.length + answer.redacted.length > 0 || left <= 0) return answer;
    if (signal?.aborted === true) return answer;
    await clock.sleep(Math.min(LOOK_MS, left), signal);
  }
}

async function readOnce(
  ctx: AgentContext,
  tx: CommandTransaction,
  request: ReadRequest,
): Promise<ReadResponse> {
  const { tenantId } = ctx;
  const caller = await callerOf(ctx, tx, request.as);
  const of = await destinationOf(tx, tenantId, request.of);
  refuseUnlessAllowed(caller, "read", tenantId, of, null);
  const found = await findConversation(tx.db, { tenantId, ...of });
  if (found === undefined) {
    return { messages: [], done: 0, head: 0, oldest: null, redacted: [] };
  }
  const whose = caller.stepId === undefined ? `agent:${ctx.actor.id}` : `step:${caller.stepId}`;
  const cursor = await moveCursor(tx.db, {
    tenantId,
    conversationId: found.id,
    reader: `${whose}/${request.reader}`,
    done: request.done ?? null,
  });
  const rows = await readMessages(tx.db, {
    tenantId,
    conversationId: found.id,
    from: request.from ?? cursor.done + 1,
    limit: request.max,
  });
  const open = rows.filter((row) => !isDenied(ctx.actor.id, of.channel, row.type, caller.rules));
  return {
    messages: await viewMessages(tx.db, ctx.plane, tenantId, open),
    done: cursor.done,
    head: found.seq,
    oldest: found.oldest,
    redacted: cursor.redacted.map((id) => toId("message", id)),
  };
}

/** A rule about types closes single messages of a channel that is open. */
function isDenied(
  agentId: string,
  channel: string,
  type: string,
  rules: readonly ChannelRule[],
): boolean {
  return ruleFor(agentId, "read", channel, type, rules)?.effect === "deny";
}

/** What stands on the board of a session that the caller is a member of. */
export function readBoardOfAgent(ctx: AgentContext, request: BoardRequest): Promise<BoardResponse> {
  return inTransaction(ctx, async (tx) => {
    const caller = await callerOf(ctx, tx, request.as);
    const address = { session: request.session, channel: "board" };
    const of = await destinationOf(tx, ctx.tenantId, address);
    refuseUnlessAllowed(caller, "read", ctx.tenantId, of, null);
    const sessionId = toUuid("session", request.session);
    return boardRead(tx.db, ctx.plane, { tenantId: ctx.tenantId, sessionId, after: request.after });
  });
}

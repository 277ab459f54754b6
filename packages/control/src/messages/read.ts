import { ruleFor, type ChannelRule } from "@nofx/core/bus";
import type { BoardRequest, BoardResponse, ReadRequest, ReadResponse } from "@nofx/core/contract";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findConversation, moveCursor, readMessages } from "@nofx/db/queries";
import { stillKnown } from "../agents/authenticate.ts";
import { refuseQuarantined } from "../agents/refuse-quarantined.ts";
import type { AgentContext } from "../command/context.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";
import { boardRead } from "./board.ts";
import { callerOf, destinationOf, refuseUnlessAllowed } from "./resolve.ts";
import { viewMessages } from "./view.ts";

/** How often a reader that waits looks again. */
const LOOK_MS = 250;
/** A key that is revoked while its reader waits is told nothing any more, within this time. */
const RECHECK_MS = 3_000;
/** Pages that one look passes over where rules deny all of them. */
const MOST_PAGES = 20;

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
  let askedAt = clock.now();
  for (;;) {
    if (clock.now() - askedAt >= RECHECK_MS) {
      await stillKnown(ctx);
      refuseQuarantined(ctx, "read");
      askedAt = clock.now();
    }
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
  const move = (done: number | null) =>
    moveCursor(tx.db, {
      tenantId,
      conversationId: found.id,
      reader: `${whose}/${request.reader}`,
      done,
    });
  const cursor = await move(request.done ?? null);
  const isOpen = ({ type }: { type: string }) =>
    !isDenied(ctx.actor.id, of.channel, type, caller.rules);
  let { done } = cursor;
  let from = request.from ?? done + 1;
  let open: Awaited<ReturnType<typeof readMessages>> = [];
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = { tenantId, conversationId: found.id, from, limit: request.max };
    const rows = await readMessages(tx.db, page);
    const last = rows.at(-1)?.conversation_seq;
    open = rows.filter(isOpen);
    if (open.length > 0 || last == null) break;
    // nothing of it is for this reader: what comes behind is not held up by it
    from = last + 1;
    if (request.from === undefined) ({ done } = await move(last));
  }
  return {
    messages: await viewMessages(tx.db, ctx.plane, tenantId, open),
    done,
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

import { BOARD } from "@nofx/core/bus";
import type { BusMessage } from "@nofx/core/contract";
import { findConversation, readBoard, type Executor } from "@nofx/db/queries";
import type { ContentDeps } from "../content/content-kek.ts";
import { post, type Post, type Posted } from "./post.ts";
import { viewMessages } from "./view.ts";

// The shared board of a session: a conversation that its members read and post to. What is posted under a key is the key's value; with
// `expect` it is posted only where nobody has written that key since (compare and set).

/** Most of what one read answers. */
const MOST = 1_000;

/** What is posted to a board. Ids are raw uuids. */
export interface BoardPost extends Pick<
  Post,
  "tenantId" | "payload" | "key" | "expect" | "sender" | "from" | "sentAs" | "refs"
> {
  readonly sessionId: string;
  readonly runId: string;
  /** `board.posted` unless said otherwise. */
  readonly type?: string | undefined;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
}

/**
 * Posts to the board of a session, in the caller's transaction: as a member or an agent, or on the worker's own login. Throws
 * `board_conflict` with the seq that stands under the key, where that is not what was expected.
 */
export function boardPost(tx: Executor, deps: ContentDeps, entry: BoardPost): Promise<Posted> {
  const { sessionId, runId, type = "board.posted", ...message } = entry;
  return post(tx, deps, {
    ...message,
    type,
    to: { kind: "session", ofId: sessionId, runId, channel: BOARD },
  });
}

/** What stands on the board of a session: each key's value, and after a seq what was posted without one, in order. */
export async function boardRead(
  tx: Executor,
  deps: Pick<ContentDeps, "keks">,
  of: {
    readonly tenantId: string;
    readonly sessionId: string;
    readonly after?: number | undefined;
  },
): Promise<{ head: number; entries: BusMessage[] }> {
  const { tenantId, sessionId, after = 0 } = of;
  const board = { tenantId, kind: "session", ofId: sessionId, channel: BOARD } as const;
  const found = await findConversation(tx, board);
  if (found === undefined) return { head: 0, entries: [] };
  const rows = await readBoard(tx, { tenantId, conversationId: found.id, after, limit: MOST });
  return { head: found.seq, entries: await viewMessages(tx, deps, tenantId, rows) };
}

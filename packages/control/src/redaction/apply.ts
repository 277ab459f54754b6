import { canonicalJson } from "@nofx/core/canonical";
import {
  beginRedaction,
  findRedactionTargets,
  plainTexts,
  redactMessage,
  type RedactionRecord,
} from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { kekForContent } from "../content/content-kek.ts";
import { openMessages } from "../content/open-messages.ts";
import { sealContent } from "../content/seal-content.ts";
import { finderOf, needlesFor, takeOut, type Wanted } from "./wanted.ts";

/** Messages of one redaction at most; what has more is redacted by conversation. */
export const MOST_MESSAGES = 5_000;

/**
 * Destroys what was said: a message whose payload goes whole loses its key, one of which something is left gets a new one. What copies
 * are searched for is kept, sealed, until a worker has looked for them.
 */
export async function applyRedaction(
  ctx: MemberContext,
  tx: CommandTransaction,
  redaction: Pick<RedactionRecord, "id" | "kind" | "of_id" | "reason">,
  wanted: Wanted,
): Promise<void> {
  const { tenantId, plane } = ctx;
  const { id, kind, of_id, reason } = redaction;
  const targets = await findRedactionTargets(tx.db, {
    tenantId,
    kind,
    id: of_id,
    limit: MOST_MESSAGES,
  });
  const opened = await openMessages(
    tx.db,
    plane,
    tenantId,
    targets.map((one) => one.id),
  );
  const taken = targets.flatMap((target) => {
    const out = takeOut(opened.get(target.id)?.payload ?? null, wanted);
    return out.whole || out.removed.length > 0 ? [{ target, out }] : [];
  });
  const removed = taken.flatMap(({ out }) => out.removed);
  const runs = new Set(taken.flatMap(({ target }) => target.run_id ?? []));
  if (kind === "run") {
    runs.add(of_id);
    // what matches may stand in what a run left and in no message of it
    const find = finderOf(wanted);
    if (find !== undefined && wanted.text === undefined) {
      for (const text of await plainTexts(tx.db, tenantId, [of_id])) removed.push(...find(text));
    }
  }
  const needles = needlesFor(wanted, removed);
  const kek = await kekForContent(tx.db, plane);
  await beginRedaction(tx.db, {
    tenantId,
    id,
    runs: [...runs],
    since: targets[0]?.at ?? plane.now(),
    ...(await sealContent(needles, { tenantId, id }, kek)),
  });
  for (const { target, out } of taken) {
    const item = { tenantId, id: target.id };
    const left = out.whole ? null : await sealContent(out.left, item, kek);
    const done = { tenantId, redactionId: id, messageId: target.id, by: ctx.name, why: reason };
    await redactMessage(tx.db, { ...done, left, needles });
    if (target.run_id !== null) tx.nudge(target.run_id);
  }
  await tx.audit("message.redacted", {
    redaction_id: id,
    kind,
    of: of_id,
    messages: taken.length,
    reason_digest: plane.sha256(canonicalJson(reason)),
  });
}

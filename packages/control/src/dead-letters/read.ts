import {
  DeadLetterPage,
  GetDeadLetterInput,
  ListDeadLettersInput,
  type DeadLetterView,
} from "@nofx/core/api";
import { toUuid, type DeadLetterStatus } from "@nofx/core/vocabulary";
import { countDeadLetters, listDeadLetters as query } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";
import { loadDeadLetter, toDeadLetterSummary, toDeadLetterView } from "./view.ts";

const COUNTED_AT_MOST = 1_000;

/** Dead letters, those that failed last first; the open ones when nothing else is asked for. */
export function listDeadLetters(
  ctx: MemberContext,
  input: z.input<typeof ListDeadLettersInput>,
): Promise<DeadLetterPage> {
  return runQuery(ctx, ListDeadLettersInput, input, async (tx, { status, runId, ...filter }) => {
    const wanted = {
      ...filter,
      tenantId: ctx.tenantId,
      statuses: statusesOf(status),
      runId: runId === undefined ? undefined : toUuid("run", runId),
    };
    const page = await query(tx.db, wanted);
    // Counted with the first page alone, and not without end: beyond that nobody reads the number.
    const count =
      filter.cursor === undefined
        ? await countDeadLetters(tx.db, { ...wanted, most: COUNTED_AT_MOST })
        : COUNTED_AT_MOST;
    return DeadLetterPage.parse({
      items: page.items.map(toDeadLetterSummary),
      nextCursor: page.nextCursor,
      total: count < COUNTED_AT_MOST ? count : null,
    });
  });
}

function statusesOf(status: z.output<typeof ListDeadLettersInput>["status"]): DeadLetterStatus[] {
  if (status === "all") return [];
  return status === "open" ? ["new", "triaged", "redriving"] : [status];
}

/** One dead letter with all that is known of it; what looks like a secret in its payload is hidden. */
export function getDeadLetter(
  ctx: MemberContext,
  input: z.input<typeof GetDeadLetterInput>,
): Promise<DeadLetterView> {
  return runQuery(ctx, GetDeadLetterInput, input, async (tx, { deadLetterId }) =>
    toDeadLetterView(await loadDeadLetter(ctx, tx, deadLetterId)),
  );
}

/** The same with nothing hidden. A command, because whoever sees it is written down. */
export function revealDeadLetter(
  ctx: MemberContext,
  input: z.input<typeof GetDeadLetterInput>,
): Promise<DeadLetterView> {
  const spec = {
    name: "deadLetters.reveal",
    permission: "dead_letter.reveal",
    input: GetDeadLetterInput,
    keep: false,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { deadLetterId }) => {
    const row = await loadDeadLetter(ctx, tx, deadLetterId);
    await tx.audit("dead_letter.revealed", { dead_letter_id: row.id });
    return toDeadLetterView(row, true);
  });
}

import {
  DiscardDeadLetterInput,
  GetDeadLetterInput,
  TriageDeadLetterInput,
  type DeadLetterView,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toUuid, type DeadLetterStatus } from "@nofx/core/vocabulary";
import { lockDeadLetter } from "@nofx/db/queries";
import { sql } from "kysely";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { loadDeadLetter, noSuchLetter, toDeadLetterView } from "./view.ts";

const TriageInput = TriageDeadLetterInput.extend(GetDeadLetterInput.shape);
const DiscardInput = DiscardDeadLetterInput.extend(GetDeadLetterInput.shape);

/** Notes what somebody found out about a dead letter. */
export function triageDeadLetter(
  ctx: MemberContext,
  input: z.input<typeof TriageInput>,
): Promise<DeadLetterView> {
  const spec = {
    name: "deadLetters.triage",
    permission: "run.control",
    input: TriageInput,
  } as const;
  return runCommand(ctx, spec, input, (tx, { deadLetterId, note, version }) =>
    move(ctx, tx, deadLetterId, version, { status: "triaged", note }),
  );
}

/** Gives a dead letter up. What could not be undone cannot be: that is resolved, or its loss accepted. */
export function discardDeadLetter(
  ctx: MemberContext,
  input: z.input<typeof DiscardInput>,
): Promise<DeadLetterView> {
  const spec = {
    name: "deadLetters.discard",
    permission: "run.control",
    input: DiscardInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { deadLetterId, reason, version }) => {
    const view = await move(ctx, tx, deadLetterId, version, { status: "discarded", note: reason });
    await tx.audit("dead_letter.discarded", {
      dead_letter_id: toUuid("deadLetter", deadLetterId),
      reason_digest: ctx.plane.sha256(reason),
    });
    return view;
  });
}

async function move(
  ctx: MemberContext,
  tx: CommandTransaction,
  deadLetterId: string,
  version: number | undefined,
  to: { status: "triaged" | "discarded"; note: string },
): Promise<DeadLetterView> {
  const id = toUuid("deadLetter", deadLetterId);
  const letter = await lockDeadLetter(tx.db, ctx.tenantId, id);
  if (letter === undefined) throw noSuchLetter();
  refuseIfMoved(letter, version);
  if (to.status === "discarded" && letter.stage === "compensate") {
    throw new NofxError("conflict", {
      detail:
        "An effect could not be undone: redrive it, resolve it with evidence, or ask to accept the loss.",
    });
  }
  await sql`
    update dead_letters set status = ${to.status}, note = ${to.note}, triaged_by = ${ctx.actor.id}, version = version + 1
    where id = ${id}::uuid
  `.execute(tx.db);
  const row = await loadDeadLetter(ctx, tx, deadLetterId);
  tx.emit({
    type: `dead_letter.${to.status}`,
    payload: {
      dead_letter_id: id,
      run_id: row.run_id,
      step_id: row.step_id,
      stage: row.stage,
      reason: row.reason,
      version: row.version,
    },
    runId: row.run_id,
  });
  return toDeadLetterView(row);
}

/** Somebody else was first, or it is on its way already. */
export function refuseIfMoved(
  letter: { status?: string | undefined; version?: number | undefined },
  version?: number,
): void {
  const { status = "", version: now } = letter;
  const open: readonly DeadLetterStatus[] = ["new", "triaged"];
  if ((open as readonly string[]).includes(status) && (version ?? now) === now) return;
  throw movedOn(status, now);
}

export function movedOn(status: string, version: number | undefined): NofxError {
  const open = status === "new" || status === "triaged";
  return new NofxError("conflict", {
    detail: open
      ? "It has changed since you read it. Read it again, then decide."
      : `It is ${status} already.`,
    data: { status, ...(version === undefined ? {} : { version }) },
  });
}

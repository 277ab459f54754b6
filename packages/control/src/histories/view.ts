import { HISTORY_VERSION, RunHistory, type RecordedWait } from "@nofx/core/contract";
import { AgentWith, holdsOf, toId } from "@nofx/core/vocabulary";
import { MetPayload } from "@nofx/db/leases";
import type { HistoryRecord, HistoryStepRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { openWait } from "../messages/open-wait.ts";
import { metWaitOf } from "../steps/met-wait.ts";

type Tx = Pick<CommandTransaction, "db">;

/** A run as code finds it again; undefined of one that has more steps than are told of. */
export async function viewHistory(
  ctx: MemberContext,
  tx: Tx,
  run: HistoryRecord,
): Promise<RunHistory | undefined> {
  if (run.steps === null) return undefined;
  const steps: unknown[] = [];
  // one after the other: messages are opened on the connection of this transaction
  for (const step of run.steps) steps.push(await viewStep(ctx, tx, step));
  return RunHistory.parse({
    version: HISTORY_VERSION,
    runId: toId("run", run.id),
    status: run.status,
    recordedAt: run.read_at.toISOString(),
    steps,
  });
}

async function viewStep(ctx: MemberContext, tx: Tx, record: HistoryStepRecord) {
  const { id, holds, arguments: args, waits, sent, failures, crashes, ...step } = record;
  return {
    ...step,
    attempt: Math.max(1, failures + crashes + (step.status === "failed" ? 0 : 1)),
    id: toId("step", id),
    holds: holdsOf(holds),
    input: step.kind === "agent" ? AgentWith.shape.input.catch({}).parse(args["input"]) : {},
    output: step.output ?? null,
    checkpoints: step.checkpoints.map(({ name, value }) => ({ name, value: value ?? null })),
    waits: await viewWaits(ctx, tx, waits),
    sent: sent.map((sentAs) => ({ sentAs })),
  };
}

async function viewWaits(ctx: MemberContext, tx: Tx, rows: HistoryStepRecord["waits"]) {
  const views: RecordedWait[] = [];
  for (const name of new Set(rows.map((row) => row.name))) {
    const own = rows.filter((row) => row.name === name);
    const met = own.find(({ status }) => status === "met");
    const options = own.map(({ option, kind, topic, key, due_at, status }) => ({
      option,
      kind,
      topic,
      key,
      dueAt: due_at === null ? null : new Date(due_at).toISOString(),
      status,
    }));
    views.push({
      name,
      options: options as RecordedWait["options"],
      met: met === undefined ? null : await metOf(ctx, tx, met),
    });
  }
  return views;
}

async function metOf(ctx: MemberContext, tx: Tx, row: HistoryStepRecord["waits"][number]) {
  const { name, option, kind, payload } = row;
  const told = MetPayload.parse({ kind, payload });
  const stored = {
    held: false,
    name,
    met: option,
    kind: told.kind,
    payload: told.payload,
  } as const;
  const answer = await openWait(tx.db, ctx.plane, ctx.tenantId, stored);
  return answer.held ? null : metWaitOf(answer);
}

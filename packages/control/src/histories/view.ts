import { HISTORY_VERSION, RunHistory, type RecordedWait } from "@nofx/core/contract";
import { AgentWith, holdsOf, toId } from "@nofx/core/vocabulary";
import { MetPayload } from "@nofx/db/leases";
import type { HistoryRecord, HistoryStepRecord } from "@nofx/db/queries";
import { metWaitOf } from "../steps/met-wait.ts";

/** A run as code finds it again; undefined of one that has more steps than are told of. */
export function viewHistory(run: HistoryRecord): RunHistory | undefined {
  if (run.steps === null) return undefined;
  return RunHistory.parse({
    version: HISTORY_VERSION,
    runId: toId("run", run.id),
    status: run.status,
    recordedAt: run.read_at.toISOString(),
    steps: run.steps.map(viewStep),
  });
}

function viewStep(record: HistoryStepRecord) {
  const { id, holds, arguments: args, waits, sent, failures, crashes, ...step } = record;
  return {
    ...step,
    attempt: Math.max(1, failures + crashes + (step.status === "failed" ? 0 : 1)),
    id: toId("step", id),
    holds: holdsOf(holds),
    input: step.kind === "agent" ? AgentWith.shape.input.catch({}).parse(args["input"]) : {},
    output: step.output ?? null,
    checkpoints: step.checkpoints.map(({ name, value }) => ({ name, value: value ?? null })),
    waits: viewWaits(waits),
    sent: sent.map((sentAs) => ({ sentAs })),
  };
}

function viewWaits(rows: HistoryStepRecord["waits"]): RecordedWait[] {
  return [...new Set(rows.map(({ name }) => name))].map((name) => {
    const own = rows.filter((row) => row.name === name);
    const met = own.find(({ status }) => status === "met");
    return {
      name,
      options: own.map(({ option, kind, topic, key, due_at, status }) => ({
        option,
        kind,
        topic,
        key,
        dueAt: due_at === null ? null : new Date(due_at).toISOString(),
        status,
      })) as RecordedWait["options"],
      met: met === undefined ? null : metOf(name, met),
    };
  });
}

function metOf(name: string, { option, kind, payload }: HistoryStepRecord["waits"][number]) {
  const told = MetPayload.parse({ kind, payload });
  return metWaitOf({ held: false, name, met: option, kind: told.kind, payload: told.payload });
}

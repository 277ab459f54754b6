import {
  type ArtifactList,
  ListLogsInput,
  ListRunsInput,
  LogPage,
  PageInput,
  RunPage,
  StepPage,
  type RunView,
} from "@nofx/core/api";
import { RunId, toId, toUuid } from "@nofx/core/vocabulary";
import { listArtifacts, listLogs, listRuns as queryRuns, listSteps } from "@nofx/db/queries";
import { z } from "zod";
import { viewArtifact } from "../artifacts/get.ts";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { sayHeldBack } from "./held-back.ts";
import { loadRun, toRunSummary, toStepView, viewRun } from "./view.ts";
import { whyIdle } from "./why-idle.ts";

export const RunInput = z.object({ runId: RunId });

/** The tenant's runs, newest first. */
export function listRuns(
  ctx: MemberContext,
  input: z.input<typeof ListRunsInput>,
): Promise<z.infer<typeof RunPage>> {
  return runQuery(ctx, ListRunsInput, input, async (tx, filter) => {
    const page = await queryRuns(tx.db, { ...filter, tenantId: ctx.tenantId });
    const idle = await whyIdle(ctx, tx, page.items);
    return RunPage.parse({
      items: page.items.map((run) => toRunSummary(run, idle)),
      nextCursor: page.nextCursor,
      total: null,
    });
  });
}

/** One run, whole but for the steps beyond 500, as of event sequence `seq`. */
export function getRun(ctx: MemberContext, input: z.input<typeof RunInput>): Promise<RunView> {
  return runQuery(ctx, RunInput, input, (tx, { runId }) => viewRun(ctx, tx, runId));
}

const RunStepsInput = PageInput.extend({ runId: RunId });

export function listRunSteps(
  ctx: MemberContext,
  input: z.input<typeof RunStepsInput>,
): Promise<z.infer<typeof StepPage>> {
  return runQuery(ctx, RunStepsInput, input, async (tx, { runId, cursor, limit }) => {
    const run = await loadRun(ctx, tx, runId);
    const page = await listSteps(tx.db, { runId: run.id, cursor, limit });
    const heldBack = await sayHeldBack(ctx, tx, page.items);
    return StepPage.parse({
      items: page.items.map((step) => toStepView(step, heldBack)),
      nextCursor: page.nextCursor,
      total: run.step_count,
    });
  });
}

const RunLogsInput = ListLogsInput.extend({ runId: RunId });

/** What the run's steps printed. With `tail` the newest lines, in order. */
export function listRunLogs(
  ctx: MemberContext,
  input: z.input<typeof RunLogsInput>,
): Promise<z.infer<typeof LogPage>> {
  return runQuery(ctx, RunLogsInput, input, async (tx, { runId, stepId, tail, cursor, limit }) => {
    const run = await loadRun(ctx, tx, runId);
    const page = await listLogs(tx.db, {
      runId: run.id,
      stepId: stepId === undefined ? null : toUuid("step", stepId),
      tail,
      cursor,
      limit,
    });
    return LogPage.parse({
      items: page.items.map((line) => ({
        id: String(line.id),
        stepId: toId("step", line.step_id),
        stepName: line.step_name,
        epoch: line.epoch,
        at: line.at.toISOString(),
        stream: line.stream,
        text: line.text,
      })),
      nextCursor: page.nextCursor,
      total: null,
    });
  });
}

/** The run's artifacts, each with a signed address that is good for an hour. */
export function listRunArtifacts(
  ctx: MemberContext,
  input: z.input<typeof RunInput>,
): Promise<z.infer<typeof ArtifactList>> {
  return runQuery(ctx, RunInput, input, async (tx, { runId }) => {
    const run = await loadRun(ctx, tx, runId);
    const rows = await listArtifacts(tx.db, { tenantId: ctx.tenantId, runId: run.id });
    return { items: await Promise.all(rows.map((row) => viewArtifact(ctx, row))) };
  });
}

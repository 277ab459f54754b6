import { SubmitTasksInput, type SubmitTasksResult } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { submitTasks as submitInOne, type JudgedBy, type Submission } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { askedOfAgents, assertInputFits } from "../agents/assert-input-fits.ts";
import { fromDatabaseError } from "../command/database-errors.ts";
import { answerOf, fingerprintOf, requireIdempotencyKey } from "../command/idempotency.ts";
import { authorise, parseInput, runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { draftTasks, type TasksDraft } from "./draft.ts";
import { guessJudgedBy, judge, readJudgedBy, remember } from "./judge.ts";

type Input = z.input<typeof SubmitTasksInput>;

const SPEC = {
  name: "tasks.submit",
  permission: "plan.execute",
  input: SubmitTasksInput,
} as const;
const TRIES = 3;

/**
 * Queues tasks, all or none: each is a run of one step, without a plan. What a gate would warn of, block or hold for an
 * approval is refused: that takes a plan.
 *
 * It starts all the work there is, so it is one statement: judged here by what the tenant is likely to allow, and done there
 * if that is what it allows.
 */
export async function submitTasks(ctx: MemberContext, input: Input): Promise<SubmitTasksResult> {
  authorise(ctx, SPEC.permission);
  const { tasks } = parseInput(SPEC.input, input);
  requireIdempotencyKey(ctx.idempotencyKey);
  const draft = await unlessRefused(async () => {
    const drafted = draftTasks(ctx, tasks);
    await assertInputFits(
      ctx,
      askedOfAgents(drafted.steps, (index) => ["tasks", index]),
    );
    return drafted;
  });
  if (NofxError.is(draft)) return refuse(ctx, input, draft);
  let by = guessJudgedBy(ctx, draft.steps);
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (NofxError.is(await unlessRefused(() => judge(ctx, draft.steps, by)))) {
      const found = await judgeAnew(ctx, input, draft);
      if ("runs" in found) return toResult(found);
      by = found;
    }
    const done = await submit(ctx, input, draft, by);
    if ("queued" in done) {
      const { runs, existing, for_workers, for_agents } = done.queued;
      if (for_workers + for_agents > 0) ctx.plane.ring();
      return toResult({ runs, existing });
    }
    if ("answered" in done) return toResult(done.answered);
    by = done.judge_by;
    remember(ctx, by);
  }
  throw new NofxError("unavailable", { retryAfterSeconds: 1 });
}

async function submit(
  ctx: MemberContext,
  input: Input,
  { rows }: TasksDraft,
  judgedBy: JudgedBy,
): Promise<Exclude<Submission, { key: unknown }> | { answered: SubmitTasksResult }> {
  const fingerprint = fingerprintOf(ctx, { route: SPEC.name, body: input });
  try {
    const done = await submitInOne(ctx.plane.pool, {
      tenantId: ctx.tenantId,
      memberId: ctx.actor.id,
      key: requireIdempotencyKey(ctx.idempotencyKey),
      fingerprint,
      tasks: rows,
      judgedBy,
      audit: canonicalJson({ count: rows.length, digest: fingerprint }),
      correlationId: ctx.correlationId,
      traceparent: ctx.traceparent ?? null,
    });
    if (!("key" in done)) return done;
    const answered = answerOf<SubmitTasksResult>(ctx, done.key, fingerprint);
    if (answered === undefined) throw new Error("app.submit_tasks gave up a key that was its own");
    return { answered: answered.value };
  } catch (error) {
    throw fromDatabaseError(error);
  }
}

/** By what it finds now it refuses, and otherwise says what that is; a request that was answered before gets its answer. */
function judgeAnew(
  ctx: MemberContext,
  input: Input,
  { steps }: TasksDraft,
): Promise<SubmitTasksResult | JudgedBy> {
  return unlessAnswered(ctx, input, async (tx) => {
    const by = await readJudgedBy(ctx, tx, steps);
    remember(ctx, by);
    await judge(ctx, steps, by, tx);
    return by;
  });
}

function refuse(ctx: MemberContext, input: Input, error: NofxError): Promise<SubmitTasksResult> {
  return unlessAnswered<SubmitTasksResult>(ctx, input, () => Promise.reject(error)).then(toResult);
}

function unlessAnswered<T>(
  ctx: MemberContext,
  input: Input,
  work: (tx: CommandTransaction) => Promise<T>,
): Promise<T> {
  return runCommand(ctx, { ...SPEC, keep: false }, input, work);
}

async function unlessRefused<T>(work: () => T | Promise<T>): Promise<T | NofxError> {
  try {
    return await work();
  } catch (error) {
    if (NofxError.is(error)) return error;
    throw error;
  }
}

/** Answers are stored with uuids; those of earlier releases have ids. */
function toResult({ runs, existing }: SubmitTasksResult): SubmitTasksResult {
  return {
    runs: runs.map((run) => (run.startsWith("run_") ? run : toId("run", run))),
    existing,
  };
}

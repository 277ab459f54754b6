import type { ClaimedStep } from "@nofx/core/contract";
import type { CallOptions, Clock } from "../client/index.ts";
import { PermanentError, ShutdownError } from "../errors/index.ts";
import { checkSchema, toJson } from "../schema/index.ts";
import { anyObject, anything, type AnyTask, type TaskContext } from "../tasks/index.ts";
import { createContext } from "./create-context.ts";
import { failRequest, isFinal, isRefusal, stepFailure } from "./describe-failure.ts";
import { Lease } from "./lease.ts";
import { LogBuffer } from "./log-buffer.ts";
import type { StepPorts } from "./ports.ts";
import { Stages } from "./stages.ts";
import { stepInfo } from "./step-info.ts";
import { createStepCalls, type StepCalls } from "./step-calls.ts";

export type StepOutcome = "succeeded" | "failed" | "suspended" | "released" | "lost";

export interface StepResult {
  outcome: StepOutcome;
  error?: unknown;
  /** Of one that is suspended. */
  waitsFor?: string;
}

type HandlerResult = { ok: true; output: unknown } | { ok: false; error: unknown };

/** A result is worth this long a wait for a server that does not answer. */
const SETTLE_MS = 300_000;

const oneTry = (clock: Clock): CallOptions => ({ giveUpAt: clock.now(), timeoutMs: 5_000 });

/** Executes one claimed step and settles it, exactly once or not at all. `leasedAt` is when its claim was answered. */
export async function executeStep(
  ports: StepPorts,
  task: AnyTask,
  step: ClaimedStep,
  leaseSeconds: number,
  leasedAt: number = ports.clock.now(),
): Promise<StepResult> {
  const leaseMs = leaseSeconds * 1_000;
  const lease = new Lease(step.name, leasedAt + leaseMs);
  const calls = createStepCalls(ports.client, step, lease);
  const log = new LogBuffer(calls, ports.clock);
  const heartbeat = ports.heartbeats.join(step, lease, leaseMs, leasedAt);
  const stages = new Stages();
  const info = stepInfo(step);
  const ctx = createContext({ ports, task, step, lease, calls, log, heartbeat, stages });

  const done = new AbortController();
  onAbort(ports.shutdown, done.signal, () => lease.interrupt(new ShutdownError()));
  const abandoned = new Promise<HandlerResult>((resolve) => {
    onAbort(ports.abandon, done.signal, () => resolve({ ok: false, error: ports.abandon.reason }));
  });
  try {
    const handled = await Promise.race([runHandler(task, ctx, step, stages), abandoned]);
    const isFailure = !handled.ok && !lease.signal.aborted;
    const result = isFailure ? await tellFailure(task, ctx, handled.error, stages) : handled;
    if (!result.ok && !lease.signal.aborted) log.add(describeForLog(result.error), "error");
    await log.close(ports.abandon.aborted ? oneTry(ports.clock) : {});
    heartbeat.stop();
    return await settle(ports, calls, lease, result, (error) =>
      failRequest(error, stages.of(error), info),
    );
  } finally {
    heartbeat.stop();
    done.abort();
    lease.settle();
  }
}

/** Listens until `done`: the signals of a runner outlive millions of steps. */
function onAbort(signal: AbortSignal, done: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true, signal: done });
}

async function runHandler(
  task: AnyTask,
  ctx: TaskContext,
  step: ClaimedStep,
  stages: Stages,
): Promise<HandlerResult> {
  const { capability, input = anyObject, output = anything } = task;
  try {
    const given = await stages.within("input", null, () =>
      checkSchema(input, step.input, `input of task "${capability}"`),
    );
    const returned = await task.handler(ctx as never, given as never);
    const json = await stages.within("output", null, async () =>
      toJson(
        await checkSchema(output, returned ?? null, `output of task "${capability}"`),
        `The output of task "${capability}"`,
      ),
    );
    return { ok: true, output: json };
  } catch (error) {
    return { ok: false, error };
  }
}

/** The task hears of its failure first, and may say with what it fails instead. */
async function tellFailure(
  task: AnyTask,
  ctx: TaskContext,
  error: unknown,
  stages: Stages,
): Promise<HandlerResult> {
  if (task.onFailure === undefined) return { ok: false, error };
  try {
    const stage = stages.of(error);
    const instead = await task.onFailure(stepFailure(error, stage, ctx.info), ctx as never);
    if (!(instead instanceof Error)) return { ok: false, error };
    stages.mark(instead, stage);
    return { ok: false, error: instead };
  } catch (thrown) {
    ctx.log(`onFailure threw: ${String(thrown)}`, "error");
    return { ok: false, error };
  }
}

type DescribeFailure = (error: unknown) => ReturnType<typeof failRequest>;

async function settle(
  ports: StepPorts,
  calls: StepCalls,
  lease: Lease,
  result: HandlerResult,
  describe: DescribeFailure,
): Promise<StepResult> {
  if (lease.end === "suspended") {
    return { outcome: "suspended", waitsFor: lease.waitsFor ?? "" };
  }
  if (lease.end !== undefined) return { outcome: "lost", error: lease.gone.reason };
  const options: CallOptions = ports.abandon.aborted
    ? // What is given up at shutdown still gets one try: the step need not wait for its lease to run out.
      oneTry(ports.clock)
    : {
        giveUpAt: ports.clock.now() + SETTLE_MS,
        signal: ports.abandon,
        onRetry: ports.onRetry,
      };
  try {
    if (result.ok) return await complete(calls, result.output, options, describe);
    if (lease.signal.aborted) {
      await calls.call("release", {}, options);
      return { outcome: "released", error: lease.signal.reason };
    }
    return await fail(calls, result.error, options, describe);
  } catch (error) {
    return { outcome: "lost", error };
  }
}

async function complete(
  calls: StepCalls,
  output: unknown,
  options: CallOptions,
  describe: DescribeFailure,
): Promise<StepResult> {
  try {
    await calls.call("complete", { output }, options);
    return { outcome: "succeeded" };
  } catch (error) {
    // The server will never take this output (too large, say): people should read why, not see a lease run out.
    if (!isRefusal(error)) throw error;
    const refused = new PermanentError(`The output was refused. ${error.message}`);
    return fail(calls, refused, options, describe);
  }
}

async function fail(
  calls: StepCalls,
  error: unknown,
  options: CallOptions,
  describe: DescribeFailure,
): Promise<StepResult> {
  await calls.call("fail", describe(error), options);
  return { outcome: "failed", error };
}

function describeForLog(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isFinal(error) ? error.message : (error.stack ?? error.message);
}

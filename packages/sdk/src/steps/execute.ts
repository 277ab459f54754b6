import type { AgentErrorCode, ClaimedStep } from "@nofx/core/contract";
import { MAX_ERROR_MESSAGE } from "@nofx/core/contract";
import type { AgentClient, CallOptions, Clock, Fetch } from "../client/index.ts";
import {
  ArtifactError,
  NameReusedError,
  NofxApiError,
  PermanentError,
  RetryLaterError,
  ShutdownError,
  ToolOutcomeUnknownError,
  ToolRefusedError,
} from "../errors/index.ts";
import { checkSchema, storable, toJson } from "../schema/index.ts";
import type { AnyTask, StepInfo, TaskContext } from "../tasks/index.ts";
import { createApprovals } from "./approvals.ts";
import { createArtifacts } from "./artifacts.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { createDownload } from "./download.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { Lease } from "./lease.ts";
import { LogBuffer } from "./log-buffer.ts";
import { createNeeds } from "./needs.ts";
import { createStepCalls, type StepCalls } from "./step-calls.ts";
import { createTools } from "./tools.ts";
import { createWaiting } from "./waiting.ts";

export interface StepPorts {
  client: AgentClient;
  clock: Clock;
  fetch: Fetch;
  random: () => number;
  /** Renews the leases of all steps of this process. */
  heartbeats: Heartbeats;
  /** Asks running handlers to stop. */
  shutdown: AbortSignal;
  /** Handlers that have not stopped are no longer waited for: their steps are given back. */
  abandon: AbortSignal;
  onRetry: (error: NofxApiError, waitMs: number) => void;
}

export type StepOutcome = "succeeded" | "failed" | "suspended" | "released" | "lost";

export interface StepResult {
  outcome: StepOutcome;
  error?: unknown;
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
  const ctx: TaskContext = {
    info: stepInfo(step),
    needs: createNeeds(step, createDownload(lease, ports)),
    signal: lease.signal,
    step: createCheckpoints(calls, lease),
    approve: createApprovals(calls, lease, log),
    ...createTools(calls, lease, log),
    ...createWaiting(calls, lease, log),
    artifact: createArtifacts(calls, lease, ports),
    log: (text, level = "info") => log.add(text, level),
    progress: (percent, note) => heartbeat.progress(percent, note),
  };

  const done = new AbortController();
  onAbort(ports.shutdown, done.signal, () => lease.interrupt(new ShutdownError()));
  const abandoned = new Promise<HandlerResult>((resolve) => {
    onAbort(ports.abandon, done.signal, () => resolve({ ok: false, error: ports.abandon.reason }));
  });
  try {
    const result = await Promise.race([runHandler(task, ctx, step), abandoned]);
    if (!result.ok && !lease.signal.aborted) log.add(describeForLog(result.error), "error");
    await log.close(ports.abandon.aborted ? oneTry(ports.clock) : {});
    heartbeat.stop();
    return await settle(ports, calls, lease, result);
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
): Promise<HandlerResult> {
  try {
    const input = await checkSchema(task.input, step.input, `input of task "${task.capability}"`);
    const returned = await task.run(ctx, input as never);
    const output = await checkSchema(task.output, returned, `output of task "${task.capability}"`);
    return { ok: true, output: toJson(output, `The output of task "${task.capability}"`) };
  } catch (error) {
    return { ok: false, error };
  }
}

async function settle(
  ports: StepPorts,
  calls: StepCalls,
  lease: Lease,
  result: HandlerResult,
): Promise<StepResult> {
  if (lease.end === "suspended") return { outcome: "suspended" };
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
    if (result.ok) return await complete(calls, result.output, options);
    if (lease.signal.aborted) {
      await calls.call("release", {}, options);
      return { outcome: "released", error: lease.signal.reason };
    }
    return await fail(calls, result.error, options);
  } catch (error) {
    return { outcome: "lost", error };
  }
}

async function complete(
  calls: StepCalls,
  output: unknown,
  options: CallOptions,
): Promise<StepResult> {
  try {
    await calls.call("complete", { output }, options);
    return { outcome: "succeeded" };
  } catch (error) {
    // The server will never take this output (too large, say): people should read why, not see a lease run out.
    if (!isRefusal(error)) throw error;
    return fail(calls, new PermanentError(`The output was refused. ${error.message}`), options);
  }
}

async function fail(calls: StepCalls, error: unknown, options: CallOptions): Promise<StepResult> {
  await calls.call("fail", describeFailure(error), options);
  return { outcome: "failed", error };
}

function describeFailure(error: unknown) {
  const code: AgentErrorCode = isPermanent(error) ? "agent_permanent_error" : "agent_error";
  const text = error instanceof Error ? error.message || error.name : String(error);
  const message =
    storable(text).slice(0, MAX_ERROR_MESSAGE).toWellFormed() || "failed without a message";
  const data =
    PermanentError.is(error) || RetryLaterError.is(error) ? safeData(error.data) : undefined;
  return {
    error: { code, message, ...(data === undefined ? {} : { data }) },
    ...(RetryLaterError.is(error)
      ? { retryAfterSeconds: Math.min(86_400, Math.max(0, error.afterSeconds)) }
      : {}),
  };
}

/** Data that cannot be stored is left out: it must not keep the failure itself from being told. */
function safeData(data: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (data === undefined) return undefined;
  try {
    return toJson(data, "data") as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function isPermanent(error: unknown): boolean {
  if (PermanentError.is(error) || NameReusedError.is(error) || isRefusal(error)) return true;
  if (ToolRefusedError.is(error) || ToolOutcomeUnknownError.is(error)) return true;
  return ArtifactError.is(error) && (error.reason === "missing" || error.reason === "ambiguous");
}

/** The server understood the request and will refuse it every time. */
function isRefusal(error: unknown): error is NofxApiError {
  return NofxApiError.is(error) && ["invalid_input", "payload_too_large"].includes(error.code);
}

function describeForLog(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isPermanent(error) ? error.message : (error.stack ?? error.message);
}

export function stepInfo(step: ClaimedStep): StepInfo {
  return {
    stepId: step.id,
    runId: step.runId,
    name: step.name,
    title: step.title,
    capability: step.capability,
    attempt: step.attempt,
    correlationId: step.correlationId,
    traceparent: step.traceparent,
  };
}

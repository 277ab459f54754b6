import { NofxError, issuesFromZod } from "@nofx/core/errors";
import { abortAfter, type Clock } from "@nofx/core/seams";
import type { WorkerEngine } from "@nofx/control/steps";
import type { Handlers } from "../catalog/catalog.ts";
import { codeFor, type StepCode } from "../catalog/code-for.ts";
import { StepFailed, type StepResult, type StepRun } from "../catalog/handler.ts";
import { BufferedLog } from "./buffered-log.ts";
import type { RunningStep } from "./running-step.ts";

export interface StepPorts {
  readonly handlers: Handlers;
  readonly engine: Pick<WorkerEngine, "appendLogs">;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Executes one claim by the handler of its kind. Never throws; its log is stored before it answers. */
export async function runStep(
  running: RunningStep,
  { handlers, engine, clock, onError }: StepPorts,
): Promise<StepResult> {
  const { step, held } = running;
  const refused = (error: unknown) => {
    if (isLeaseLost(error)) running.stop("lease_lost");
    else onError(error);
  };
  const log = new BufferedLog({ clock, engine, held, lost: running.lost, onError: refused });
  const run = { step, held, log, clock, signal: running.signal };
  let result: StepResult;
  try {
    const code = codeFor(handlers, step.kind, step.kind_version);
    const name = `${step.kind}@${step.kind_version}`;
    result =
      code === undefined
        ? fail("unknown_handler", `This worker has no code for "${name}".`)
        : await handle(code, run);
  } catch (error) {
    result = describe(error, running.signal);
    if (isLeaseLost(error)) running.stop("lease_lost");
    else if (result.type === "failed" && result.code === "unclassified") onError(error);
  }
  if (result.type === "failed") log.write("system", result.message.split("\n", 1)[0] ?? "");
  if (result.type !== "held") await log.flush();
  return running.reason === "lease_lost" && result.type === "failed" ? { type: "stopped" } : result;
}

async function handle(code: StepCode, run: StepRun): Promise<StepResult> {
  const parsed = code.with.safeParse(run.step.arguments);
  if (!parsed.success) {
    const issues = issuesFromZod(parsed.error).map(({ path, message }) => `${path}: ${message}`);
    return fail(
      "invalid_input",
      `The step's arguments are not those of "${run.step.kind}". ${issues.join("; ")}`,
    );
  }
  const args = parsed.data as never;
  const timeoutMs = code.timeoutMs(args);
  const timeout = abortAfter(run.clock, timeoutMs);
  const signal = AbortSignal.any([run.signal, timeout.signal]);
  const late = () => timeout.signal.aborted && !run.signal.aborted;
  const timedOut = () =>
    fail("timeout", `It took longer than ${timeoutMs / 1_000} s and was stopped.`);
  try {
    const result = await code.handler({ ...run, signal }, args);
    return result.type === "stopped" && late() ? timedOut() : result;
  } catch (error) {
    if (late() && !(error instanceof StepFailed)) return timedOut();
    throw error;
  } finally {
    timeout.cancel();
  }
}

function describe(error: unknown, signal: AbortSignal): StepResult {
  if (error instanceof StepFailed) return { ...fail(error.code, error.message), ...error.facts };
  if (isLeaseLost(error) || signal.aborted) return { type: "stopped" };
  return fail("unclassified", error instanceof Error ? error.message : String(error));
}

function fail(code: StepFailed["code"], message: string): StepResult {
  return { type: "failed", code, message };
}

export function isLeaseLost(error: unknown): boolean {
  return NofxError.is(error) && error.code === "lease_lost";
}

import { NofxError, issuesFromZod } from "@nofx/core/errors";
import type { WorkerEngine } from "@nofx/control/steps";
import { CATALOG, isWorkerKind, type Handlers, type WorkerKind } from "../catalog/catalog.ts";
import { StepFailed, type StepResult, type StepRun } from "../catalog/handler.ts";
import { BufferedLog } from "./buffered-log.ts";
import type { RunningStep } from "./running-step.ts";

/** Executes one claim by the handler of its kind. Never throws; its log is stored before it answers. */
export async function runStep(
  handlers: Handlers,
  engine: WorkerEngine,
  running: RunningStep,
  onError: (error: unknown) => void,
): Promise<StepResult> {
  const { step, held } = running;
  const refused = (error: unknown) => {
    if (isLeaseLost(error)) running.stop("lease_lost");
    else onError(error);
  };
  const log = new BufferedLog({ engine, held, lost: running.lost, onError: refused });
  const run = { step, held, log, signal: running.signal };
  let result: StepResult;
  try {
    result = isWorkerKind(step.kind)
      ? await handle(handlers, step.kind, run)
      : fail("unknown_handler", `This worker has no handler for the kind "${step.kind}".`);
  } catch (error) {
    result = describe(error, running.signal);
    if (isLeaseLost(error)) running.stop("lease_lost");
    else if (result.type === "failed" && result.code === "unclassified") onError(error);
  }
  if (result.type === "failed") log.write("system", result.message.split("\n", 1)[0] ?? "");
  if (result.type !== "held") await log.flush();
  return running.reason === "lease_lost" && result.type === "failed" ? { type: "stopped" } : result;
}

async function handle<K extends WorkerKind>(
  handlers: Handlers,
  kind: K,
  run: StepRun,
): Promise<StepResult> {
  const entry = CATALOG[kind];
  const parsed = entry.with.safeParse(run.step.arguments);
  if (!parsed.success) {
    const issues = issuesFromZod(parsed.error).map(({ path, message }) => `${path}: ${message}`);
    return fail(
      "invalid_input",
      `The step's arguments are not those of "${kind}". ${issues.join("; ")}`,
    );
  }
  const args = parsed.data as Parameters<Handlers[K]>[1];
  const timeoutMs = entry.timeoutMs(args as never);
  const timeout = AbortSignal.timeout(timeoutMs);
  const handler = handlers[kind] as (run: StepRun, args: unknown) => Promise<StepResult>;
  const signal = AbortSignal.any([run.signal, timeout]);
  const late = () => timeout.aborted && !run.signal.aborted;
  const timedOut = () =>
    fail("timeout", `It took longer than ${timeoutMs / 1_000} s and was stopped.`);
  try {
    const result = await handler({ ...run, signal }, args);
    return result.type === "stopped" && late() ? timedOut() : result;
  } catch (error) {
    if (late() && !(error instanceof StepFailed)) return timedOut();
    throw error;
  }
}

function describe(error: unknown, signal: AbortSignal): StepResult {
  if (error instanceof StepFailed) return fail(error.code, error.message);
  if (isLeaseLost(error) || signal.aborted) return { type: "stopped" };
  return fail("unclassified", error instanceof Error ? error.message : String(error));
}

function fail(code: StepFailed["code"], message: string): StepResult {
  return { type: "failed", code, message };
}

export function isLeaseLost(error: unknown): boolean {
  return NofxError.is(error) && error.code === "lease_lost";
}

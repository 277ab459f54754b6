import { NofxError, issuesFromZod } from "@nofx/core/errors";
import type { Clock } from "@nofx/core/seams";
import type { WorkerEngine } from "@nofx/control/steps";
import type { Handlers } from "../catalog/catalog.ts";
import { codeFor, type StepCode } from "../catalog/code-for.ts";
import { StepFailed, type StepResult } from "../catalog/handler.ts";
import type { RunningStep } from "./running-step.ts";
import { StepScope } from "./step-scope.ts";

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
  const { step } = running;
  const scope = new StepScope(running, {
    clock,
    engine,
    onRefused: (error) => {
      if (isLeaseLost(error)) running.stop("lease_lost");
      else onError(error);
    },
  });
  let result: StepResult;
  try {
    const code = codeFor(handlers, step.kind, step.kind_version);
    const name = `${step.kind}@${step.kind_version}`;
    result =
      code === undefined
        ? fail("unknown_handler", `This worker has no code for "${name}".`)
        : await handle(code, scope);
  } catch (error) {
    result = describe(error, running.reason !== undefined);
    if (isLeaseLost(error)) running.stop("lease_lost");
    else if (result.type === "failed" && result.code === "unclassified") onError(error);
  }
  if (result.type === "failed") scope.log.write("system", result.message.split("\n", 1)[0] ?? "");
  if (result.type !== "held" && scope.hasLog) await scope.flush();
  return running.isLost && result.type === "failed" ? { type: "stopped" } : result;
}

async function handle(code: StepCode, scope: StepScope): Promise<StepResult> {
  const parsed = code.with.safeParse(scope.step.arguments);
  if (!parsed.success) {
    const issues = issuesFromZod(parsed.error).map(({ path, message }) => `${path}: ${message}`);
    return fail(
      "invalid_input",
      `The step's arguments are not those of "${scope.step.kind}". ${issues.join("; ")}`,
    );
  }
  const args = parsed.data as never;
  const timeoutMs = code.timeoutMs(args);
  scope.limit(timeoutMs);
  const timedOut = () =>
    fail("timeout", `It took longer than ${timeoutMs / 1_000} s and was stopped.`);
  try {
    const result = await code.handler(scope, args);
    return result.type === "stopped" && scope.isLate ? timedOut() : result;
  } catch (error) {
    if (scope.isLate && !(error instanceof StepFailed)) return timedOut();
    throw error;
  } finally {
    scope.close();
  }
}

function describe(error: unknown, wasStopped: boolean): StepResult {
  if (error instanceof StepFailed) return { ...fail(error.code, error.message), ...error.facts };
  if (isLeaseLost(error) || wasStopped) return { type: "stopped" };
  return fail("unclassified", error instanceof Error ? error.message : String(error));
}

function fail(code: StepFailed["code"], message: string): StepResult {
  return { type: "failed", code, message };
}

export function isLeaseLost(error: unknown): boolean {
  return NofxError.is(error) && error.code === "lease_lost";
}

import process from "node:process";
import type { StepInfo } from "../../tasks/index.ts";

/** What a command may know of this process's environment. The agent's key and other secrets do not pass. */
const PASSED_ON = /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|LANG|LC_[A-Z]+|TZ)$/;

/** NOFX_IDEMPOTENCY_KEY is the same for every attempt of the step: for effects on other systems. */
export function environmentOf(
  info: StepInfo,
  own: Record<string, string>,
  ours: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const passed = Object.entries(ours).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
  );
  return {
    ...Object.fromEntries(passed),
    ...own,
    NOFX_RUN_ID: info.runId,
    NOFX_STEP_ID: info.stepId,
    NOFX_STEP_NAME: info.name,
    NOFX_ATTEMPT: String(info.attempt),
    NOFX_IDEMPOTENCY_KEY: info.stepId,
  };
}

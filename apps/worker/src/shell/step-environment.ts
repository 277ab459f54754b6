import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { ClaimedStepRow } from "@nofx/control/steps";

/** What a command may know of the worker's environment. Nothing else passes, the worker's secrets least of all. */
const PASSED_ON = /^(LANG|LC_[A-Z]+|TZ)$/;

/**
 * The environment of a command: a home and a temporary folder inside the workspace, this Node first on the path, what the
 * step asks for, and who it is. NOFX_IDEMPOTENCY_KEY is the same for every attempt of the step.
 */
export async function stepEnvironment(
  step: ClaimedStepRow,
  workspace: string,
  own: Record<string, string>,
  ours: NodeJS.ProcessEnv = process.env,
): Promise<Record<string, string>> {
  const home = join(workspace, ".home");
  const tmp = join(workspace, ".tmp");
  await mkdir(home, { recursive: true });
  await mkdir(tmp, { recursive: true });
  const passed = Object.entries(ours).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
  );
  return {
    ...Object.fromEntries(passed),
    PATH: [dirname(process.execPath), ours["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"].join(
      delimiter,
    ),
    HOME: home,
    TMPDIR: tmp,
    ...own,
    NOFX_RUN_ID: step.run_id,
    NOFX_STEP_ID: step.id,
    NOFX_STEP_NAME: step.name,
    NOFX_EPOCH: String(step.epoch),
    NOFX_IDEMPOTENCY_KEY: step.token,
  };
}

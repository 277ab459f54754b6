import type { RunView } from "@nofx/core/api";
import type { Api } from "../client/api.ts";
import { printable } from "../terminal/style.ts";

const LOG_LINES = 15;

/** Which step failed, with its error and the end of its log. */
export async function explainFailure(api: Pick<Api, "logs">, run: RunView): Promise<string> {
  const failed = run.stepList.filter((step) => step.status === "failed");
  const parts = await Promise.all(
    failed.map(async (step) => {
      const logs = await api.logs(run.id, { stepId: step.id, tail: true, limit: LOG_LINES });
      return [
        `Step "${step.name}" failed: ${step.error?.code ?? "unknown"}: ${step.error?.message ?? "no reason given"}`,
        ...logs.items.map((line) => `  ${line.stream === "stderr" ? "!" : "|"} ${line.text}`),
      ].join("\n");
    }),
  );
  return printable([`The run ${run.status}.`, ...parts].join("\n"));
}

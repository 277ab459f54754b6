import type { DeadLetterSummary, RunSummary } from "@nofx/core/api";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, duration, green, printable, red, yellow } from "../terminal/style.ts";

export const PAINT: Record<RunSummary["status"], (text: string) => string> = {
  queued: dim,
  running: yellow,
  succeeded: green,
  failed: red,
  cancelled: dim,
};

export interface ListRunsOptions {
  limit: number;
  type?: "plan" | "task";
  json?: boolean;
}

/** `nofx runs`: the newest runs, newest first. */
export async function runs(options: ListRunsOptions): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const page = await api.runs({ limit: options.limit, type: options.type });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) {
    console.log(
      "Nothing has run yet. Import a backlog: npx nofx import FILE, then npx nofx plan PACK --execute",
    );
    return;
  }
  const errors = await errorsOf(api, page.items);
  const rows = page.items.map((run) => row(run, addresses.dashboard, errors.get(run.id)));
  for (const line of columns(rows)) {
    console.log(line);
  }
}

/** Why runs failed, by their ids: what their steps left behind that failed for good. */
async function errorsOf(
  api: Pick<Api, "deadLetters">,
  listed: readonly RunSummary[],
): Promise<Map<string, DeadLetterSummary["error"]>> {
  if (!listed.some(({ status }) => status === "failed")) return new Map();
  const { items } = await api.deadLetters({ status: "all", limit: 200 });
  return new Map(items.map(({ runId, error }) => [runId, error]));
}

/** A run in the list; why it failed in short. */
export function row(
  run: RunSummary,
  dashboard: string,
  error?: DeadLetterSummary["error"],
): string[] {
  const approvals =
    run.pendingApprovals === 0
      ? yellow(run.waitingFor ?? "")
      : yellow(`${run.pendingApprovals} waiting for approval`);
  return [
    run.waitingFor === null ? PAINT[run.status](run.status) : yellow("waiting"),
    bold(printable(run.planVersion === null ? run.title : `${run.title} v${run.planVersion}`)),
    `${run.stepsDone}/${run.steps}`,
    tookOf(run),
    [dim(`${dashboard}/runs/${run.id}`), approvals, run.status === "failed" ? short(error) : ""]
      .filter(Boolean)
      .join("  "),
  ];
}

const MOST_CHARACTERS = 80;

function short(error: DeadLetterSummary["error"] | undefined): string {
  if (error === undefined) return "";
  const [first = ""] = error.message.split("\n");
  const text = first.length > MOST_CHARACTERS ? `${first.slice(0, MOST_CHARACTERS)}…` : first;
  return red(printable(`${error.code}: ${text}`));
}

/** How long it has been at it, or was. */
export function tookOf(run: RunSummary): string {
  if (run.startedAt === null) return "";
  const end = run.finishedAt === null ? Date.now() : Date.parse(run.finishedAt);
  return duration(end - Date.parse(run.startedAt));
}

import type { RunSummary } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, duration, green, printable, red, yellow } from "../terminal/style.ts";

const PAINT: Record<RunSummary["status"], (text: string) => string> = {
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
  for (const line of columns(page.items.map((run) => row(run, addresses.dashboard)))) {
    console.log(line);
  }
}

function row(run: RunSummary, dashboard: string): string[] {
  const approvals =
    run.pendingApprovals === 0
      ? yellow(run.waitingFor ?? "")
      : yellow(`${run.pendingApprovals} waiting for approval`);
  return [
    run.waitingFor === null ? PAINT[run.status](run.status) : yellow("waiting"),
    bold(printable(run.planVersion === null ? run.title : `${run.title} v${run.planVersion}`)),
    `${run.stepsDone}/${run.steps}`,
    tookOf(run),
    [dim(`${dashboard}/runs/${run.id}`), approvals].filter(Boolean).join("  "),
  ];
}

function tookOf(run: RunSummary): string {
  if (run.startedAt === null) return "";
  const end = run.finishedAt === null ? Date.now() : Date.parse(run.finishedAt);
  return duration(end - Date.parse(run.startedAt));
}

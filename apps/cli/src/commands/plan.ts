import { randomUUID } from "node:crypto";
import type { PlanView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { showForecast } from "../demo/show-forecast.ts";
import { showPlan } from "../demo/show-plan.ts";
import { Sentence } from "../errors.ts";
import { dim } from "../terminal/style.ts";
import { begun, nextSteps, start } from "./execute.ts";

export interface PlanOptions {
  execute?: boolean;
  dryRun?: boolean;
  again?: boolean;
  all?: boolean;
  json?: boolean;
}

/** `nofx plan PACK`: the next version of the pack's plan, or the newest where nothing has changed since, and what the gates say. */
export async function plan(pack: string, options: PlanOptions): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const open = options.all !== true;
  if (options.dryRun === true) {
    if (options.execute === true) throw new Sentence("Give --dry-run or --execute, not both.");
    const forecast = await api.forecastPlan({ pack, open }, randomUUID());
    if (options.json === true) console.log(JSON.stringify(forecast));
    else for (const line of showForecast(forecast)) console.log(line);
    return;
  }
  const before = (await api.plans({ pack, limit: 1 })).items[0];
  if (options.execute === true && isUnderWay(before?.latestRunStatus)) {
    throw new Sentence(
      `Version ${before?.version} of it is being executed: ${addresses.dashboard}/runs/${before?.latestRunId}`,
    );
  }
  const made = await api.createPlan({ pack, open, reuse: options.again !== true }, randomUUID());
  const say = options.json === true ? () => {} : (line: string) => console.log(line);
  for (const line of showPlan(made)) say(line);
  say(`  ${addresses.dashboard}/plans/${made.id}`);
  if (before?.id === made.id) say(dim(unchanged(made)));
  if (options.execute !== true) {
    if (options.json === true) return console.log(JSON.stringify(made));
    if (made.executable) return say(`  next: npx nofx execute ${made.pack}`);
    for (const line of nextSteps(made)) say(`  ${line}`);
    return;
  }
  const run = await start(api, made);
  if (options.json === true) return console.log(JSON.stringify({ ...made, run }));
  for (const line of begun(made, `${addresses.dashboard}/runs/${run.runId}`)) console.log(line);
}

/** What it does would be done twice by another run beside it. */
function isUnderWay(status: PlanView["latestRunStatus"] | undefined): boolean {
  return status === "queued" || status === "running";
}

function unchanged({ version }: PlanView): string {
  return `  Nothing has changed since version ${version}, so it stands; --again makes another.`;
}

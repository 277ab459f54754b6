import { randomUUID } from "node:crypto";
import { connectRunning } from "../client/connect-running.ts";
import { showForecast } from "../demo/show-forecast.ts";
import { showPlan } from "../demo/show-plan.ts";
import { Sentence } from "../errors.ts";
import { green } from "../terminal/style.ts";

/** `nofx plan PACK`: makes the next version of the pack's plan and shows what the gates say. */
export async function plan(
  pack: string,
  options: { execute?: boolean; dryRun?: boolean; json?: boolean },
): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  if (options.dryRun === true) {
    if (options.execute === true) throw new Sentence("Give --dry-run or --execute, not both.");
    const forecast = await api.forecastPlan({ pack }, randomUUID());
    if (options.json === true) console.log(JSON.stringify(forecast));
    else for (const line of showForecast(forecast)) console.log(line);
    return;
  }
  const made = await api.createPlan({ pack }, randomUUID());
  if (options.json !== true) {
    for (const line of showPlan(made)) console.log(line);
    console.log(`  ${addresses.dashboard}/plans/${made.id}`);
  }
  if (options.execute === true && !made.executable) {
    throw new Sentence(`The plan is not executed: ${made.blockers.join(" ")}`);
  }
  const run = options.execute === true ? await api.executePlan(made.id, randomUUID()) : undefined;
  if (options.json === true)
    console.log(JSON.stringify(run === undefined ? made : { ...made, run }));
  else if (run !== undefined) {
    console.log(`${green("✔")} Running: ${addresses.dashboard}/runs/${run.runId}`);
  }
}

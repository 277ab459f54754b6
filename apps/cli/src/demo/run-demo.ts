import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ArtifactView, RunView } from "@nofx/core/api";
import type { Api } from "../client/api.ts";
import { Sentence } from "../errors.ts";
import { shown } from "../paths.ts";
import { DEMO_BACKLOG } from "../story/tell-story.ts";
import { bold, bytes, columns, dim, duration, green, printable } from "../terminal/style.ts";
import { explainFailure } from "./explain-failure.ts";
import { fetchArtifact } from "./fetch-artifacts.ts";
import { workedMs, type RunDisplay } from "./run-display.ts";
import { showPlan } from "./show-plan.ts";
import { watchRun } from "./watch-run.ts";

export interface DemoOptions {
  home: string;
  operator: Api;
  supervisor: Api;
  /** Where people can watch too. */
  dashboard: string;
  signal: AbortSignal;
  say: (line: string) => void;
  display: () => RunDisplay;
}

const REASON = "Demo: approved by npm run demo";
const STUCK_AFTER_MS = 180_000;

/** The main job: a backlog goes in, a plan is judged, people say yes, agents and workers do it, files come out. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { operator, supervisor, say } = options;
  const backlog = await operator.importBacklog(
    { text: readFileSync(DEMO_BACKLOG, "utf8") },
    randomUUID(),
  );
  say(
    `Backlog ${bold(backlog.pack)}: ${backlog.items} items (${backlog.created} new, ${backlog.updated} changed, ${backlog.unchanged} as they were)`,
  );

  const plan = await operator.createPlan({ pack: backlog.pack }, randomUUID());
  for (const line of showPlan(plan)) say(line);
  if (plan.verdict === "block")
    throw new Sentence("A gate blocks the plan: see its findings above.");
  if (plan.planApprovalId !== null && plan.planApprovalStatus === "pending") {
    await supervisor.decide(
      plan.planApprovalId,
      { decision: "approve", reason: REASON },
      randomUUID(),
    );
    say(`${green("✔")} The supervisor approved the plan in spite of the warning.`);
  }

  const { runId } = await operator.executePlan(plan.id, randomUUID());
  say(`\nRun ${dim(`${options.dashboard}/runs/${runId}`)}`);
  const begun = performance.now();
  const run = await follow(options, runId);
  if (run.status !== "succeeded") throw new Sentence(await explainFailure(operator, run));

  const { items: artifacts } = await operator.artifacts(runId);
  say(`\nArtifacts: ${artifacts.length} files`);
  for (const line of columns(artifactRows(artifacts))) say(line);
  const tarball = artifacts.find((artifact) => artifact.name.endsWith(".tgz"));
  if (tarball === undefined) throw new Sentence("The run succeeded but stored no tarball.");
  const file = await fetchArtifact(tarball, join(options.home, "demo"), options.signal);
  say(`${green("✔")} Downloaded ${bold(shown(file))}, sha256 as stored: ${tarball.sha256}`);

  say(
    `\n${green("✔")} ${bold("Released")} in ${duration(performance.now() - begun)}: ${describeTimes(run)}`,
  );
}

const NAMES_SHOWN = 2;

/** One row for each step that stored files: their names, as many as fit, and their size. */
export function artifactRows(artifacts: readonly ArtifactView[]): string[][] {
  const bySteps = Map.groupBy(artifacts, (artifact) => artifact.stepName);
  return [...bySteps].map(([step, files]) => {
    const names = files.slice(0, NAMES_SHOWN).map((file) => printable(file.name));
    const more = files.length - names.length;
    const size = files.reduce((sum, file) => sum + file.size, 0);
    return [step, names.join(", ") + (more > 0 ? ` and ${more} more` : ""), dim(bytes(size))];
  });
}

/** Steps took so long in all; the run was shorter where they ran side by side. */
export function describeTimes(run: RunView): string {
  const now = Date.now();
  const times = run.stepList.map((step) => ({ name: step.name, ms: workedMs(step, now) }));
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  const longest = times.toSorted((a, b) => b.ms - a.ms).slice(0, 3);
  const named = longest.map(({ name, ms }) => `${name} ${duration(ms)}`).join(", ");
  return `${run.stepList.length} steps, ${duration(total)} of work; longest ${named}`;
}

/** Follows the run, and says yes to each step that waits for it. */
async function follow(options: DemoOptions, runId: string): Promise<RunView> {
  const display = options.display();
  const asked = new Set<string>();
  try {
    return await watchRun(options.operator, runId, {
      signal: options.signal,
      stuckAfterMs: STUCK_AFTER_MS,
      onView: async (run) => {
        display.update(run);
        if (run.stepList.some(isHeldForApproval)) {
          await approveWhatWaits(options, run, asked, display);
        }
      },
    });
  } finally {
    display.end();
  }
}

function isHeldForApproval(step: RunView["stepList"][number]): boolean {
  return step.status === "queued" && step.holds.length === 1 && step.holds[0] === "approval";
}

async function approveWhatWaits(
  { supervisor }: DemoOptions,
  run: RunView,
  asked: Set<string>,
  display: RunDisplay,
): Promise<void> {
  const { items } = await supervisor.approvals({ status: "pending", limit: 200 });
  for (const approval of items) {
    if (approval.runId !== run.id || !approval.blocking || asked.has(approval.id)) continue;
    asked.add(approval.id);
    await supervisor.decide(
      approval.id,
      { decision: "approve", reason: REASON, argumentsDigest: approval.argumentsDigest },
      randomUUID(),
    );
    display.say(`${green("✔")} The supervisor approved: ${printable(approval.title)}`);
  }
}

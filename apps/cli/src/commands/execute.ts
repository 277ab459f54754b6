import { randomUUID } from "node:crypto";
import type { PlanView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { whatIsMissing } from "../demo/show-plan.ts";
import { Sentence } from "../errors.ts";
import { bold, dim, green, printable, yellow } from "../terminal/style.ts";

/** `nofx execute PLAN`: a version of a plan as it is, or the newest one of a pack. Nothing is planned again. */
export async function execute(given: string, options: { json?: boolean }): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const plan = await api.plan(given.startsWith("plan_") ? given : await newestOf(api, given));
  const run = await start(api, plan);
  if (options.json === true) return console.log(JSON.stringify({ planId: plan.id, ...run }));
  console.log(`${bold(printable(plan.title))}, version ${plan.version} ${dim(plan.id)}`);
  for (const line of begun(plan, `${addresses.dashboard}/runs/${run.runId}`)) console.log(line);
}

/** Starts a run of a plan, or says what stands in its way and which commands remove it. */
export async function start(api: Api, plan: PlanView): Promise<{ runId: string; steps: number }> {
  if (!plan.executable) {
    const next = nextSteps(plan).map((line) => `  ${line}`);
    throw new Sentence(
      [`The plan is not executed: ${plan.blockers.join(" ")}`, ...next].join("\n"),
    );
  }
  return api.executePlan(plan.id, randomUUID());
}

/** That a run has begun, and what it will wait for. */
export function begun(plan: PlanView, address: string): string[] {
  const asked = plan.stepList.flatMap(({ approvalId, approvalStatus }) =>
    approvalId !== null && approvalStatus === "pending" ? [approvalId] : [],
  );
  const [only] = asked;
  return [
    `${green("✔")} Started: ${address}`,
    ...whatIsMissing(plan).map((notice) => `  ${yellow("!")} ${printable(notice)}`),
    ...(only === undefined
      ? []
      : asked.length === 1
        ? [`  ${yellow("!")} One step waits for an approval: npx nofx approvals show ${only}`]
        : [`  ${yellow("!")} ${asked.length} steps wait for approvals: npx nofx approvals`]),
  ];
}

/** The commands that lead on from what stands in a plan's way. */
export function nextSteps(plan: PlanView): string[] {
  const { id, pack, status, planApprovalId, planApprovalStatus, latestRunId } = plan;
  if (status === "ready" && planApprovalId !== null && planApprovalStatus === "pending") {
    return [
      `read it:     npx nofx approvals show ${planApprovalId}`,
      `say yes:     npx nofx approvals approve ${planApprovalId}`,
      `execute it:  npx nofx execute ${pack}`,
    ];
  }
  if (status === "blocked") {
    return [`what was found:  npx nofx gates show ${id}`, `plan again:      npx nofx plan ${pack}`];
  }
  if (status === "superseded") return [`the newest version:  npx nofx execute ${pack}`];
  const { latestRunStatus } = plan;
  if (latestRunId !== null && (latestRunStatus === "queued" || latestRunStatus === "running")) {
    return [`its run: ${latestRunId}`, `call it off:  npx nofx runs cancel ${latestRunId}`];
  }
  return [`plan again:  npx nofx plan ${pack}`];
}

async function newestOf(api: Api, pack: string): Promise<string> {
  const { items } = await api.plans({ pack, limit: 1 });
  if (items[0] !== undefined) return items[0].id;
  throw new NofxError("not_found", {
    detail: `There is no plan of a pack "${printable(pack)}". Make one: npx nofx plan ${printable(pack)}`,
  });
}

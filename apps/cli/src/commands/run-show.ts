import type { ApprovalView, RunView, StepView } from "@nofx/core/api";
import { markHidden } from "@nofx/core/approvals";
import { approveCommand } from "../client/decider.ts";
import { connectRunning } from "../client/connect-running.ts";
import { describeStep, MARKS, phaseOf } from "../demo/run-display.ts";
import { bold, columns, dim, printable, red, yellow } from "../terminal/style.ts";
import { PAINT, tookOf } from "./runs.ts";

/** `nofx runs show RUN`: how it went, step by step, and what it waits for. */
export async function show(id: string, options: { json?: boolean }): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const run = await api.run(id);
  if (options.json === true) return console.log(JSON.stringify(run));
  const asked = run.pendingApprovals === 0 ? [] : await questionsOf(run.id);
  for (const line of linesOf(run, asked)) console.log(line);
  console.log(dim(`  ${addresses.dashboard}/runs/${run.id}`));
}

/** As the supervisor reads them: whom a command of theirs has to name. */
async function questionsOf(runId: string): Promise<ApprovalView[]> {
  const { api } = await connectRunning("supervisor");
  return (await api.approvals({ status: "pending", runId, limit: 200 })).items;
}

/** A run in lines: what it is, its steps, the questions that wait, what failed, and what came of it. */
export function linesOf(run: RunView, asked: readonly ApprovalView[]): string[] {
  const { stepList } = run;
  const more = run.steps - stepList.length;
  const last = lastOutput(stepList);
  return [
    `${bold(shown(run.title))}  ${PAINT[run.status](run.status)}`,
    ...columns(facts(run)),
    "",
    ...columns(stepList.map(stepRow)),
    ...(more > 0 ? [dim(`  and ${more} more`)] : []),
    ...asked.flatMap((one) => [
      "",
      `${yellow("?")} ${bold(shown(one.title))}: ${shown(one.question)}`,
      `  ${approveCommand(one)}`,
    ]),
    ...stepList.flatMap(({ name, error, status }) =>
      error === null || status !== "failed"
        ? []
        : ["", `${red("✖")} ${name}: ${shown(error.message)} (${error.code})`],
    ),
    ...(last === undefined
      ? []
      : ["", `Output of ${last.name}:`, shown(JSON.stringify(last.output, null, 2))]),
  ];
}

function facts(run: RunView): string[][] {
  const took = tookOf(run);
  return [
    ["Run", run.id],
    ["Made", `${run.createdAt} by ${shown(run.createdBy)}`],
    ...(run.startedAt === null ? [] : [["Started", run.startedAt]]),
    ...(run.finishedAt === null ? [] : [["Ended", run.finishedAt]]),
    ...(took === "" ? [] : [["Took", took]]),
    ["Steps", `${run.stepsDone} of ${run.steps} done`],
    ...(run.waitingFor === null ? [] : [["Waits", yellow(shown(run.waitingFor))]]),
  ];
}

function stepRow(step: StepView): string[] {
  return [
    `${MARKS[phaseOf(step)]} ${bold(step.name)}`,
    step.status,
    dim(step.id),
    shown(step.attempts.at(-1)?.executor ?? step.executor ?? ""),
    step.status === "failed" ? red(step.error?.code ?? "") : shown(describeStep(step, Date.now())),
  ];
}

/** Of the step that ended last with something to show; what takes an effect back is no result. */
function lastOutput(steps: readonly StepView[]): StepView | undefined {
  return steps
    .filter(({ output, undoOf }) => output !== null && undoOf === null)
    .toSorted((a, b) => (a.finishedAt ?? "").localeCompare(b.finishedAt ?? ""))
    .at(-1);
}

const shown = (text: string) => printable(markHidden(text));

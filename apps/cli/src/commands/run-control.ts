import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ForkRunResult, RunSummary } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, green, yellow } from "../terminal/style.ts";

interface CancelOptions {
  step?: string;
  reason?: string;
  undo: boolean;
}

/** `nofx runs cancel RUN`: calls off a run, or one step of it. */
export async function cancel(run: string, options: CancelOptions): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  if (options.step !== undefined) {
    const { status } = await api.cancelStep(run, options.step, reason, randomUUID());
    console.log(
      status === "cancelled"
        ? `${green("✔")} ${bold(options.step)} is called off, and with it what needs it.`
        : `${yellow("●")} ${bold(options.step)} is ${status}: its executor hears of it with its next heartbeat.`,
    );
    return;
  }
  const compensate = options.undo ? {} : { compensate: false };
  const after = await api.cancelRun(run, { ...reason, ...compensate }, randomUUID());
  const [mark, what] = saidOf(after);
  console.log(`${mark} ${bold(after.title)} ${what}  ${addresses.dashboard}/runs/${after.id}`);
}

function saidOf(run: RunSummary): [mark: string, what: string] {
  if (run.status === "cancelled") return [green("✔"), "is called off."];
  if (run.compensation === "running")
    return [yellow("●"), "is called off; what it did is being undone."];
  return [yellow("●"), "begins nothing more; steps that are being executed hear of it now."];
}

/** `nofx runs pause RUN` and `nofx runs resume RUN`. */
export async function pauseOrResume(verb: "pause" | "resume", run: string): Promise<void> {
  const { api } = await connectRunning("operator");
  const after = await (verb === "pause" ? api.pauseRun : api.resumeRun)(run, randomUUID());
  const what = verb === "pause" ? "is paused: nothing of it begins." : "goes on.";
  console.log(`${green("✔")} ${bold(after.title)} ${what}`);
}

interface ForkOptions {
  from: string[];
  edits?: string;
  keepCheckpoints?: boolean;
}

/** `nofx runs fork RUN --from STEP`: a new run that goes on with an ended one. */
export async function fork(run: string, options: ForkOptions): Promise<void> {
  const edits = readEdits(options.edits);
  const { api, addresses } = await connectRunning("operator");
  const input = { from: options.from, edits, keepCheckpoints: options.keepCheckpoints === true };
  tell(await api.forkRun(run, input, randomUUID()), addresses.dashboard);
}

/** `nofx runs rerun RUN`: all of it again. */
export async function rerun(run: string, options: { edits?: string }): Promise<void> {
  const edits = readEdits(options.edits);
  const { api, addresses } = await connectRunning("operator");
  tell(await api.rerunRun(run, { edits }, randomUUID()), addresses.dashboard);
}

export function tell(made: Omit<ForkRunResult, "steps">, dashboard: string): void {
  console.log(`${green("✔")} Running: ${dashboard}/runs/${made.runId}`);
  if (made.kept > 0) console.log(`  ${made.kept} steps were taken over as they ended.`);
  if (made.pendingApprovals > 0) {
    console.log(
      yellow(`  ${made.pendingApprovals} approvals are needed first: ${dashboard}/approvals`),
    );
  }
}

/** New arguments by step name, from a JSON file. */
function readEdits(file: string | undefined): Record<string, Record<string, unknown>> {
  return file === undefined ? {} : (readJson(file) as Record<string, Record<string, unknown>>);
}

/** A JSON object in a file. */
export function readJson(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new Sentence(missing ? `There is no file ${file}.` : `${file} is not a JSON file.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Sentence(`${file} has to hold a JSON object.`);
}

import { randomUUID } from "node:crypto";
import type { DeadLetterSummary, DeadLetterView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";
import { readJson, tell } from "./run-control.ts";

const PAINT: Record<DeadLetterSummary["status"], (text: string) => string> = {
  new: red,
  triaged: yellow,
  redriving: yellow,
  resolved: green,
  discarded: dim,
};

export interface ListOptions {
  status: string;
  reason?: string;
  run?: string;
  limit: number;
  json?: boolean;
}

/** `nofx dead-letters list`: steps that failed for good, newest failure first. */
export async function list(options: ListOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const { status, reason, run: runId, limit } = options;
  const page = await api.deadLetters({ status, reason, runId, limit });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) return console.log("No dead letters.");
  for (const line of columns(page.items.map(row))) console.log(line);
  if (page.nextCursor !== null) console.log(dim(`  There are more: --limit ${limit * 2}`));
}

function row(letter: DeadLetterSummary): string[] {
  return [
    PAINT[letter.status](letter.status),
    bold(printable(letter.stepName)),
    `${letter.stage}/${letter.reason}`,
    dim(letter.lastAt),
    letter.id,
  ];
}

/** `nofx dead-letters show ID`: all that is known of one; secrets in its arguments stay hidden. */
export async function show(id: string, options: { json?: boolean }): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const letter = await api.deadLetter(id);
  if (options.json === true) return console.log(JSON.stringify(letter));
  for (const line of columns(facts(letter, addresses.dashboard))) console.log(line);
  for (const attempt of letter.history) {
    const error = [attempt.errorCode, attempt.message].filter(Boolean).join(": ");
    const by = [attempt.executor, attempt.workerVersion].filter(Boolean).join(" ");
    console.log(
      `  ${dim(attempt.finishedAt ?? "")} ${attempt.outcome ?? "under way"} ${printable(error)} ${dim(by)}`,
    );
  }
  console.log(printable(JSON.stringify(letter.payload, null, 2)));
  if (letter.masked.length > 0) console.log(dim(`Hidden: ${letter.masked.join(", ")}`));
}

function facts(letter: DeadLetterView, dashboard: string): string[][] {
  return [
    ["Status", PAINT[letter.status](letter.status)],
    ["Step", bold(printable(`${letter.stepName} (${letter.pack ?? `task ${letter.title}`})`))],
    ["Why", `${letter.stage}/${letter.reason}`],
    ["Error", printable(`${letter.error.message} (${letter.error.code})`)],
    ["Tried", `failed ${letter.failures} ×, crashed ${letter.crashes} ×`],
    ...(letter.note === null ? [] : [["Note", printable(letter.note)]]),
    ["Run", `${dashboard}/runs/${letter.runId}`],
    ...(letter.redriveRunId === null
      ? []
      : [["Tried again in", `${dashboard}/runs/${letter.redriveRunId}`]]),
    ["You may", letter.actions.join(", ") || "nothing now"],
  ];
}

export interface RedriveOptions {
  all?: boolean;
  dryRun?: boolean;
  reason?: string;
  limit: number;
  maxPerMinute: number;
  with?: string;
}

/** `nofx dead-letters redrive ID` tries one again; `--all` tries many, at a pace. */
export async function redrive(id: string | undefined, options: RedriveOptions): Promise<void> {
  if ((id === undefined) !== (options.all === true)) {
    throw new Sentence("Name one dead letter, or give --all.");
  }
  const edit = options.with === undefined ? {} : { with: readJson(options.with) };
  const { api, addresses } = await connectRunning("operator");
  if (id !== undefined) {
    const made = await api.redrive(id, edit, randomUUID());
    tell(made, addresses.dashboard);
    const others = made.deadLetterIds.length - 1;
    if (others > 0) console.log(`  ${others} more dead letters of that run go along.`);
    return;
  }
  const { limit, maxPerMinute, reason, dryRun = false } = options;
  const filter = reason === undefined ? {} : { reason };
  const found = await api.bulkRedrive({ filter, limit, maxPerMinute, dryRun }, randomUUID());
  const reasons = Object.entries(found.byReason).map(([name, n]) => `${n} ${name}`);
  const what = `${found.matched} dead letters${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}`;
  if (found.matched === 0) return console.log("No dead letters to redrive.");
  console.log(
    dryRun
      ? `${what}: it would take about ${found.minutes} min.`
      : `${green("✔")} ${what} are redriven, ${maxPerMinute} a minute: ${addresses.dashboard}/dead-letters`,
  );
}

/** `nofx dead-letters discard ID`: gives one up. */
export async function discard(id: string, options: { message: string }): Promise<void> {
  const { api } = await connectRunning("operator");
  const letter = await api.discard(id, { reason: options.message }, randomUUID());
  console.log(`${green("✔")} ${bold(printable(letter.stepName))} is given up.`);
}

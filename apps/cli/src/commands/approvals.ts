import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ApprovalView } from "@nofx/core/api";
import { markHidden } from "@nofx/core/approvals";
import { NofxError } from "@nofx/core/errors";
import { connectRunning } from "../client/connect-running.ts";
import { approveCommand } from "../client/decider.ts";
import { Sentence } from "../errors.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

export interface ListOptions {
  all?: boolean;
  run?: string;
  risk?: string;
  group?: string;
  json?: boolean;
}

/** `nofx approvals list`: the questions that wait, the most urgent first. */
export async function list({ all, run, json, ...filter }: ListOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const page = await api.approvals({
    ...filter,
    status: all === true ? "all" : "pending",
    limit: 200,
    ...(run === undefined ? {} : { runId: run }),
  });
  if (json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) return console.log("Nothing waits for a decision.");
  for (const line of approvalLines(page.items)) console.log(line);
}

/** A line each, and below it what was asked, where somebody asked more than whether a step or a plan may run. */
export function approvalLines(items: readonly ApprovalView[]): string[] {
  const lines = columns(items.map(row));
  return items.flatMap(({ subject, question }, i) => [
    lines[i] ?? "",
    ...(subject === "plan" || subject === "plan_step" ? [] : [`    ${shown(question)}`]),
  ]);
}

function row(one: ApprovalView): string[] {
  const paint = one.status === "pending" ? yellow : one.status === "approved" ? green : red;
  const { people, quorum } = one.tally;
  return [
    one.id,
    paint(one.status),
    bold(shown(one.title)),
    one.tool === null ? one.subject : `${one.tool} ${one.toolVersion ?? ""}`,
    one.risk ?? "",
    quorum === 1 ? "" : `${people} of ${quorum}`,
    dim(`${shown(one.requestedBy)}, until ${one.expiresAt}`),
  ];
}

/** `nofx approvals show ID`: exactly what is asked, with what would go unseen written out. */
export async function show(id: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const one = await api.approval(id);
  if (options.json === true) return console.log(JSON.stringify(one));
  console.log(`${bold(shown(one.question))}  ${one.status}`);
  for (const { type, name, via } of one.chain) console.log(dim(`  ${type} ${shown(name)}: ${via}`));
  console.log(shown(JSON.stringify(one.editedArguments ?? one.arguments, null, 2)));
  if (one.hides) console.log(red("It holds characters that would go unseen; they are marked."));
  for (const vote of one.decisions) {
    const whose = vote.for === null ? vote.by : `${vote.by} for ${vote.for}`;
    console.log(
      `  ${shown(whose)}: ${vote.decision}${vote.reason === null ? "" : `, ${shown(vote.reason)}`}`,
    );
  }
  for (const { by, text } of one.comments) console.log(`  ${shown(by)} says: ${shown(text)}`);
  console.log(
    one.canDecide ? `digest ${one.argumentsDigest}` : yellow(one.cannotDecideBecause ?? ""),
  );
  if (isForAnother(one))
    console.log(`Somebody else of this local stack can: ${approveCommand(one)}`);
}

/** It waits, but not for whoever reads it. */
function isForAnother({ status, canDecide, expiresAt }: ApprovalView): boolean {
  return status === "pending" && !canDecide && Date.parse(expiresAt) > Date.now();
}

export interface DecideOptions {
  message?: string;
  digest?: string;
  /** A file with the arguments as they are to run. */
  with?: string;
  for?: string;
}

/** `nofx approvals approve ID` and `nofx approvals reject ID`. */
export async function decide(
  id: string,
  decision: "approve" | "reject",
  options: DecideOptions,
): Promise<void> {
  const { api, addresses } = await connectRunning("supervisor");
  const edited = options.with === undefined ? undefined : await readArguments(options.with);
  const decided = await api
    .decide(
      id,
      {
        decision: edited === undefined ? decision : "approve_with_changes",
        ...(edited === undefined ? {} : { arguments: edited }),
        ...(options.message === undefined ? {} : { reason: options.message }),
        ...(options.digest === undefined ? {} : { argumentsDigest: options.digest }),
        ...(options.for === undefined ? {} : { insteadOf: options.for }),
      },
      randomUUID(),
    )
    .catch((error: unknown) => {
      throw withSecondPerson(error, id);
    });
  for (const line of sayDecided(decided, addresses.dashboard)) console.log(line);
}

/** Four eyes: the local stack has the second pair, and the refusal says how to use it. */
function withSecondPerson(error: unknown, id: string): unknown {
  if (!NofxError.is(error) || error.code !== "approval_self") return error;
  const command = approveCommand({ id, canDecide: false });
  return new NofxError("approval_self", {
    detail: `${error.message} On this local stack: \`${command}\``,
    cause: error,
  });
}

/** What became of the question, and of what it was about. */
export function sayDecided(decided: ApprovalView, dashboard: string): string[] {
  const { status, title, tally, runId } = decided;
  const mark = status === "pending" ? yellow("●") : green("✔");
  const what = status === "pending" ? `${tally.people} of ${tally.quorum} said yes` : status;
  return [
    `${mark} ${bold(shown(title))}: ${what}`,
    ...(runId === null ? [] : [`  ${runId}  ${dim(`${dashboard}/runs/${runId}`)}`]),
  ];
}

/** `nofx approvals comment ID TEXT`. */
export async function comment(id: string, text: string): Promise<void> {
  const { api } = await connectRunning("supervisor");
  await api.commentApproval(id, text, randomUUID());
  console.log("Said. It decides nothing.");
}

async function readArguments(file: string): Promise<Record<string, unknown>> {
  const value: unknown = JSON.parse(await readFile(file, "utf8"));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Sentence(`${file} has to hold a JSON object: all of the arguments.`);
}

const shown = (text: string) => printable(markHidden(text));

/** `nofx approvals people`: who could decide, the groups, and the rules that name them. */
export async function people(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const all = await api.approvalGroups();
  if (options.json === true) return console.log(JSON.stringify(all));
  const rows = all.people.map(({ userId, name, role, mayDecide }) => [
    bold(shown(name)),
    role,
    mayDecide ? green("may decide") : dim("may not"),
    dim(userId),
  ]);
  for (const line of columns(rows)) console.log(line);
  for (const { name, members } of all.groups) {
    console.log(`  group ${bold(name)}: ${members.map((one) => shown(one.name)).join(", ")}`);
  }
  for (const { subject, risk, rule } of all.rules) {
    console.log(`  rule ${subject} ${risk}: ${rule.quorum} people`);
  }
}

/** `nofx approvals delegate USER`: somebody else votes in one's stead, for a time. */
export async function delegate(
  to: string,
  options: { days: number; message: string },
): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const endsAt = new Date(Date.now() + options.days * 86_400_000).toISOString();
  const given = await api.delegateApprovals({ to, reason: options.message, endsAt }, randomUUID());
  console.log(`${shown(given.to)} votes for ${shown(given.from)} until ${given.endsAt}`);
}

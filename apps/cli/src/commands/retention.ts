import { randomUUID } from "node:crypto";
import type { RetentionView } from "@nofx/core/api";
import { readSpan, saySpan } from "@nofx/core/spans";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { columns, dim } from "../terminal/style.ts";

const DAY = 86_400;

export interface SetRetentionOptions {
  archiveAfter?: string;
  deleteAfter?: string;
  eventsAfter?: string;
  reset?: boolean;
}

/** `nofx retention show`. */
export async function show(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const retention = await api.retention();
  if (options.json === true) return console.log(JSON.stringify(retention));
  for (const line of lines(retention)) console.log(line);
}

/** `nofx retention set`. */
export async function set(options: SetRetentionOptions): Promise<void> {
  const input = {
    ...(options.archiveAfter !== undefined && { archiveAfterSeconds: read(options.archiveAfter) }),
    ...(options.deleteAfter !== undefined && { deleteAfterDays: readDays(options.deleteAfter) }),
    ...(options.eventsAfter !== undefined && { eventsAfterDays: readDays(options.eventsAfter) }),
    ...(options.reset === true && { reset: true }),
  };
  if (Object.keys(input).length === 0)
    throw new Sentence("Say what to set, like --archive-after 7d; --help lists it all");
  const { api } = await connectRunning("admin");
  for (const line of lines(await api.setRetention(input, randomUUID()))) console.log(line);
}

function lines({ own, ...policy }: RetentionView): string[] {
  const days = (count: number | null) => saySpan(count === null ? null : count * DAY);
  const from = (key: keyof typeof own) => dim(own[key] === undefined ? "as the plane" : "own");
  return columns([
    [
      "finished runs are archived after",
      saySpan(policy.archiveAfterSeconds),
      from("archiveAfterSeconds"),
    ],
    ["archived runs are deleted after", days(policy.deleteAfterDays), from("deleteAfterDays")],
    ["events are deleted after", days(policy.eventsAfterDays), from("eventsAfterDays")],
  ]);
}

function read(text: string): number | null {
  const seconds = readSpan(text);
  if (seconds !== undefined) return seconds;
  throw new Sentence(`A span is written like 7d, 12h, 30m or never; this is none: ${text}`);
}

function readDays(text: string): number | null {
  const seconds = read(text);
  if (seconds === null) return null;
  if (seconds % DAY === 0) return seconds / DAY;
  throw new Sentence(`This is counted in whole days, like 90d; this is none: ${text}`);
}

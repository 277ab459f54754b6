import { randomUUID } from "node:crypto";
import { MAX_TASKS_A_CALL, type SubmitTasksResult } from "@nofx/core/api";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { dim, green } from "../terminal/style.ts";
import { read } from "../read-input.ts";

type Tasks = Parameters<Api["submitTasks"]>[0]["tasks"];

export interface SubmitOptions {
  kind?: string;
  /** The arguments, in JSON. */
  with?: string;
  title?: string;
  queue?: string;
  priority?: number;
  runAt?: string;
  key?: string;
  file?: string;
  json?: boolean;
}

/** `nofx tasks submit`: one task by its options, or those of a file, as the operator. */
export async function submit(options: SubmitOptions): Promise<void> {
  const tasks = options.file === undefined ? [toTask(options)] : await readTasks(options.file);
  const { api, addresses } = await connectRunning("operator");
  const { runs, existing } = await submitAll(api, tasks);
  if (options.json === true) return console.log(JSON.stringify({ runs, existing }));
  console.log(`${green("✔")} ${sayQueued(runs.length, existing)}`);
  for (const line of sayRuns(runs, addresses.dashboard)) console.log(line);
}

/** One task, as the options say. What is wrong with it is for the server to find. */
export function toTask(options: SubmitOptions): Tasks[number] {
  const { kind, title, queue, priority, runAt, key } = options;
  const given = Object.entries({ kind, title, queue, priority, runAt, key });
  return {
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    with: parseWith(options.with),
  } as Tasks[number];
}

function parseWith(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  const no = new Sentence(
    `--with takes a JSON object, like '{"script": "make"}'; this is none: ${text}`,
  );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw no;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw no;
  return value as Record<string, unknown>;
}

async function readTasks(file: string): Promise<Tasks> {
  const { readDocument } = await import("@nofx/control/backlog");
  return tasksIn(readDocument(await read(file), "auto"));
}

/** The tasks of a document: the list that it is, or that it has under `tasks`. */
export function tasksIn(document: unknown): Tasks {
  const within =
    typeof document === "object" && document !== null && "tasks" in document
      ? document.tasks
      : document;
  if (Array.isArray(within) && within.length > 0) return within as Tasks;
  throw new Sentence("The file has no tasks: write a list of them, or {tasks: [...]}.");
}

/** All tasks in their order, a thousand a call. What is refused ends it; the calls before that stay. */
export async function submitAll(
  api: Pick<Api, "submitTasks">,
  tasks: Tasks,
): Promise<SubmitTasksResult> {
  const all: SubmitTasksResult = { runs: [], existing: 0 };
  for (let at = 0; at < tasks.length; at += MAX_TASKS_A_CALL) {
    const { runs, existing } = await api
      .submitTasks({ tasks: tasks.slice(at, at + MAX_TASKS_A_CALL) }, randomUUID())
      .catch((error: unknown) => {
        if (at > 0)
          console.error(`The first ${at} tasks were submitted; the places count from there.`);
        throw error;
      });
    all.runs.push(...runs);
    all.existing += existing;
  }
  return all;
}

export function sayQueued(count: number, existing: number): string {
  const queued = count - existing;
  const made = queued === 1 ? "1 task is queued" : `${queued} tasks are queued`;
  if (existing === 0) return `${made}.`;
  return `${made}; ${existing === 1 ? "1 was" : `${existing} were`} there already, by the key.`;
}

const MOST_LISTED = 10;

/** Where they are: each by its id, as long as they are few. */
export function sayRuns(runs: readonly string[], dashboard: string): string[] {
  if (runs.length === 1) return runs.map((run) => `  ${run}  ${dim(`${dashboard}/runs/${run}`)}`);
  const more = runs.length - MOST_LISTED;
  return [
    ...runs.slice(0, MOST_LISTED).map((run) => `  ${run}`),
    ...(more > 0 ? [dim(`  and ${more} more; --json prints them all`)] : []),
    `  ${dim(`${dashboard}/runs?type=task`)}`,
  ];
}

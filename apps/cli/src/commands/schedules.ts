import { randomUUID } from "node:crypto";
import type { ScheduleView } from "@nofx/core/api";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, columns, dim, green, printable, yellow } from "../terminal/style.ts";

export interface CreateScheduleOptions {
  cron?: string;
  every?: number;
  zone: string;
  kind: ScheduleView["task"]["kind"];
  with: string;
  title?: string;
  queue?: string;
  priority?: number;
  overlap: ScheduleView["overlap"];
  catchUp: number;
  jitter: number;
  json?: boolean;
}

/** `nofx schedules list`. */
export async function list(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const page = await api.schedules({ limit: 200 });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) return console.log("Nothing begins by the clock.");
  for (const line of columns(page.items.map(row))) console.log(line);
}

/** `nofx schedules create NAME`. */
export async function create(name: string, options: CreateScheduleOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const made = await api.createSchedule(
    {
      name,
      ...(options.every === undefined ? { cron: options.cron } : { everySeconds: options.every }),
      timeZone: options.zone,
      overlap: options.overlap,
      missed: options.catchUp === 0 ? "skip" : "catch_up",
      catchUp: Math.max(1, options.catchUp),
      jitterSeconds: options.jitter,
      task: {
        kind: options.kind,
        with: readObject(options.with),
        ...(options.title !== undefined && { title: options.title }),
        ...(options.queue !== undefined && { queue: options.queue }),
        ...(options.priority !== undefined && { priority: options.priority }),
      },
    },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(made));
  console.log(`${bold(made.name)}: ${said(made)}; next ${made.nextAt ?? "never"}`);
}

/** `nofx schedules pause NAME`. */
export async function pause(name: string, options: { message: string }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { id } = await find(api, name);
  await api.pauseSchedule(id, options.message, randomUUID());
  console.log(
    `${printable(name)} is paused. To go on: npx nofx schedules resume ${printable(name)}`,
  );
}

/** `nofx schedules resume NAME`. */
export async function resume(name: string): Promise<void> {
  const { api } = await connectRunning("operator");
  const { id } = await find(api, name);
  const { nextAt } = await api.resumeSchedule(id, randomUUID());
  console.log(`${printable(name)} goes on; next ${nextAt ?? "never"}`);
}

/** `nofx schedules run NAME`: outside its timetable. */
export async function run(name: string): Promise<void> {
  const { api } = await connectRunning("operator");
  const { id } = await find(api, name);
  console.log((await api.runSchedule(id, randomUUID())).runId);
}

/** `nofx schedules delete NAME`. */
export async function remove(name: string): Promise<void> {
  const { api } = await connectRunning("operator");
  const { id } = await find(api, name);
  await api.removeSchedule(id, randomUUID());
  console.log(`${printable(name)} is deleted; its runs stay.`);
}

async function find(api: Api, name: string): Promise<ScheduleView> {
  const { items } = await api.schedules({ search: name, limit: 200 });
  const found = items.find((schedule) => schedule.name === name || schedule.id === name);
  if (found !== undefined) return found;
  throw new Sentence(
    `There is no schedule "${printable(name)}". npx nofx schedules list shows those that are there.`,
  );
}

function row(schedule: ScheduleView): string[] {
  const paint = schedule.status === "active" ? green : yellow;
  return [
    paint(schedule.status),
    bold(printable(schedule.name)),
    printable(said(schedule)),
    schedule.pausedReason === null
      ? `next ${schedule.nextAt ?? "never"}`
      : dim(printable(schedule.pausedReason)),
  ];
}

const said = ({ words, cron, timeZone }: ScheduleView) =>
  cron === null ? words : `${words}, ${timeZone}`;

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // told of below
  }
  throw new Sentence('--with takes a JSON object, like \'{"script": "make report"}\'.');
}

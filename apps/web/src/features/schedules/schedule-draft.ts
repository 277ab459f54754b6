import type { ScheduleView } from "@nofx/core/api";
import type { RouterInputs } from "#server/root.ts";

type Input = RouterInputs["schedules"]["create"];
type Timetable = RouterInputs["schedules"]["preview"];
type Kind = ScheduleView["task"]["kind"];

/** The form as it stands: texts, as they were typed. */
export interface Draft {
  name: string;
  form: "cron" | "every";
  cron: string;
  everySeconds: string;
  timeZone: string;
  kind: Kind;
  title: string;
  queue: string;
  with: string;
  overlap: ScheduleView["overlap"];
  /** 0: what was missed is left out. */
  catchUp: string;
  jitterSeconds: string;
}

export const KINDS: readonly Kind[] = ["shell", "http", "agent", "session", "wait"];

const json = (value: unknown) => JSON.stringify(value, null, 2);

export const EXAMPLES: Record<Kind, string> = {
  shell: json({ script: "echo hello" }),
  http: json({ method: "GET", url: "https://example.com/health" }),
  agent: json({ capability: "report.write", input: {} }),
  session: json({ strategy: "auto", capability: "report.write", input: {} }),
  wait: json({ seconds: 60 }),
  approval: json({ question: "Go on?" }),
};

/** A new one's draft, or that of a schedule that is there. */
export function draftOf(schedule: ScheduleView | undefined): Draft {
  if (schedule === undefined) {
    return {
      name: "",
      form: "cron",
      cron: "0 9 * * MON-FRI",
      everySeconds: "3600",
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      kind: "shell",
      title: "",
      queue: "default",
      with: EXAMPLES.shell,
      overlap: "allow",
      catchUp: "1",
      jitterSeconds: "0",
    };
  }
  const { task } = schedule;
  return {
    name: schedule.name,
    form: schedule.cron === null ? "every" : "cron",
    cron: schedule.cron ?? "",
    everySeconds: String(schedule.everySeconds ?? ""),
    timeZone: schedule.timeZone,
    kind: task.kind,
    title: task.title ?? "",
    queue: task.queue,
    with: json(task.with),
    overlap: schedule.overlap,
    catchUp: schedule.missed === "skip" ? "0" : String(schedule.catchUp),
    jitterSeconds: String(schedule.jitterSeconds),
  };
}

/** What a preview is asked for; undefined while there is nothing to ask. */
export function timetableIn(draft: Draft): Timetable | undefined {
  const timeZone = draft.timeZone.trim();
  if (timeZone === "") return undefined;
  if (draft.form === "cron") {
    const cron = draft.cron.trim();
    return cron === "" ? undefined : { cron, timeZone };
  }
  const everySeconds = Number(draft.everySeconds);
  return Number.isInteger(everySeconds) && everySeconds >= 1
    ? { everySeconds, timeZone }
    : undefined;
}

/** The form as it is sent. What it has no field for stays as it is. */
export function toInput(
  draft: Draft,
  args: Record<string, unknown>,
  before: ScheduleView["task"] | undefined,
): Input {
  const title = draft.title.trim();
  const { title: _old, ...kept } = before ?? {};
  const catchUp = Number(draft.catchUp);
  return {
    name: draft.name.trim(),
    timeZone: draft.timeZone.trim(),
    ...(draft.form === "cron"
      ? { cron: draft.cron.trim() }
      : { everySeconds: Number(draft.everySeconds) }),
    overlap: draft.overlap,
    missed: catchUp === 0 ? "skip" : "catch_up",
    catchUp: Math.max(1, catchUp),
    jitterSeconds: Number(draft.jitterSeconds),
    task: {
      ...kept,
      kind: draft.kind,
      queue: draft.queue.trim(),
      with: args,
      ...(title === "" ? {} : { title }),
    },
  };
}

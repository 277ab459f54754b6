import type { ScheduleView } from "@nofx/core/api";
import { expect, it } from "vitest";
import { draftOf, EXAMPLES, KINDS, timetableIn, toInput } from "./schedule-draft.ts";

const TASK: ScheduleView["task"] = {
  kind: "shell",
  with: { script: ":" },
  title: "Report",
  queue: "night",
  priority: 2,
  maxAttempts: 5,
  deadlineSeconds: 60,
  sensitive: false,
  risk: [],
};
const SCHEDULE: ScheduleView = {
  id: "schedule_01ktm4q9h3e1q8m3v5x7z9b2c4",
  name: "nightly",
  cron: "30 2 * * *",
  timeZone: "Europe/Berlin",
  everySeconds: null,
  words: "At 02:30",
  task: TASK,
  overlap: "skip",
  missed: "skip",
  catchUp: 1,
  jitterSeconds: 9,
  status: "active",
  pausedReason: null,
  nextAt: null,
  lastAt: null,
  lastRun: null,
  misses: 0,
  version: 3,
  createdBy: "us",
  createdAt: "2027-01-01T00:00:00Z",
};

it("sends a schedule back as it was, with what the form has no field for", () => {
  const { name, cron, timeZone, task, overlap, missed, catchUp, jitterSeconds } = SCHEDULE;
  expect(toInput(draftOf(SCHEDULE), TASK.with, TASK)).toEqual({
    name,
    cron,
    timeZone,
    task,
    overlap,
    missed,
    catchUp,
    jitterSeconds,
  });
});

it("leaves out a title that was taken away, and the form of time that was not chosen", () => {
  const draft = { ...draftOf(SCHEDULE), title: " ", form: "every" as const, everySeconds: "90" };
  const input = toInput({ ...draft, catchUp: "4" }, {}, TASK);
  expect(input).toMatchObject({ everySeconds: 90, missed: "catch_up", catchUp: 4 });
  expect(input).not.toHaveProperty("cron");
  expect(input.task).not.toHaveProperty("title");
});

it("asks for a preview once there is something to ask", () => {
  const draft = draftOf(undefined);
  expect(timetableIn(draft)).toMatchObject({ cron: "0 9 * * MON-FRI" });
  expect(timetableIn({ ...draft, cron: " " })).toBeUndefined();
  expect(timetableIn({ ...draft, timeZone: "" })).toBeUndefined();
  expect(timetableIn({ ...draft, form: "every", everySeconds: "1.5" })).toBeUndefined();
  expect(timetableIn({ ...draft, form: "every", everySeconds: "15" })).toHaveProperty(
    "everySeconds",
    15,
  );
});

it.each(KINDS)("has an example of %s that is JSON", (kind) => {
  expect(JSON.parse(EXAMPLES[kind])).toBeTypeOf("object");
});

import type { WaitView } from "@nofx/core/api";
import { formatDuration } from "@nofx/ui/hooks/format-time";

type Seen = Pick<WaitView, "kind" | "topic" | "key" | "dueAt" | "question" | "createdAt">;

/** A wait in words: for what, and since or until when. */
export function sayWait(wait: Seen, now: number): string {
  const since = formatDuration(roundDown(now - Date.parse(wait.createdAt)));
  switch (wait.kind) {
    case "timer":
      return wait.dueAt === null ? "Until its time comes" : `Until ${clock(wait.dueAt, now)}`;
    case "event":
      return `For the event ${wait.topic ?? "?"}${wait.key === null ? "" : ` of ${wait.key}`}, since ${since}`;
    case "message":
      return `For a message${wait.topic === null || wait.topic === "default" ? "" : ` in ${wait.topic}`}, since ${since}`;
    case "children":
      return `For the steps it started, since ${since}`;
    case "approval":
      return `For an approval, since ${since}`;
    case "person":
      return `For an answer, since ${since}`;
  }
}

function roundDown(ms: number): number {
  return Math.max(1_000, Math.floor(ms / 1_000) * 1_000);
}

/** The hour and minute in the reader's zone; the day too when it is another. */
function clock(at: string, now: number): string {
  const moment = new Date(at);
  const sameDay = moment.toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: moment.getTime() - now < 120_000 ? "2-digit" : undefined,
    ...(sameDay ? {} : { day: "numeric", month: "short" }),
  }).format(moment);
}

import type { RunSummary } from "@nofx/core/api";

/** Where the task queued up, and under which key, as far as that is worth saying. */
export function sayTask({ queue, key }: Pick<RunSummary, "queue" | "key">): string {
  const where = queue === null || queue === "default" ? [] : [`queue ${queue}`];
  return ["Task", ...where, ...(key === null ? [] : [`key ${key}`])].join(" · ");
}

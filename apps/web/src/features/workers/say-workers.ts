import type { WorkerView } from "@nofx/core/api";

type Seen = Pick<WorkerView, "status" | "inFlight" | "concurrency" | "drainRequestedAt" | "name">;

/** The plane's workers in one sentence, and what is wrong with them. */
export function sayWorkers(workers: readonly Seen[]): {
  sentence: string;
  warning: string | undefined;
} {
  const active = workers.filter((worker) => worker.status === "active");
  const draining = workers.filter((worker) => worker.status === "draining").length;
  const silent = workers.filter((worker) => worker.status === "silent");
  const busy = workers.reduce(
    (sum, worker) =>
      worker.status === "active" || worker.status === "draining" ? sum + worker.inFlight : sum,
    0,
  );
  const places = active.reduce((sum, worker) => sum + worker.concurrency, 0);
  const parts =
    active.length === 0
      ? ["Nobody takes steps."]
      : [
          `${active.length} ${active.length === 1 ? "worker takes" : "workers take"} steps, ${places} at once.`,
          busy === 0 ? "Nothing is at work." : `${busy} ${busy === 1 ? "is" : "are"} at work.`,
        ];
  if (draining > 0) parts.push(`${draining} ${draining === 1 ? "drains" : "drain"}.`);
  return {
    sentence: parts.join(" "),
    warning:
      silent.length === 0
        ? undefined
        : `${silent.map((worker) => worker.name).join(", ")} ${silent.length === 1 ? "has" : "have"} gone silent without saying goodbye`,
  };
}

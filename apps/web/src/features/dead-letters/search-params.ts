import type { DeadLetterSummary } from "@nofx/core/api";
import { DEAD_LETTER_REASON, DEAD_LETTER_STAGE, DEAD_LETTER_STATUS } from "@nofx/ui/tokens/status";

type Read = (name: string) => string | undefined;

export type DeadLettersShown = DeadLetterSummary["status"] | "open" | "all";

const STATUSES: readonly DeadLettersShown[] = [
  "open",
  ...(Object.keys(DEAD_LETTER_STATUS) as DeadLetterSummary["status"][]),
  "all",
];
export const STAGES = Object.keys(DEAD_LETTER_STAGE) as DeadLetterSummary["stage"][];
export const REASONS = Object.keys(DEAD_LETTER_REASON) as DeadLetterSummary["reason"][];

export interface DeadLettersFilter {
  status: DeadLettersShown;
  stage?: DeadLetterSummary["stage"];
  reason?: DeadLetterSummary["reason"];
  runId?: string;
}

/** The filter in the address of the page. */
export function readDeadLettersFilter(read: Read): DeadLettersFilter {
  const stage = STAGES.find((one) => one === read("stage"));
  const reason = REASONS.find((one) => one === read("reason"));
  const run = read("run");
  return {
    status: STATUSES.find((one) => one === read("status")) ?? "open",
    ...(stage === undefined ? {} : { stage }),
    ...(reason === undefined ? {} : { reason }),
    ...(run !== undefined && /^run_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(run) ? { runId: run } : {}),
  };
}

export function isFiltered(filter: DeadLettersFilter): boolean {
  return (
    filter.status !== "open" ||
    filter.stage !== undefined ||
    filter.reason !== undefined ||
    filter.runId !== undefined
  );
}

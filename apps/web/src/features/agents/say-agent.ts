import type { AgentCapabilityView, AgentView } from "@nofx/core/api";

export function sayRate(rate: number | null): string {
  return rate === null ? "–" : `${Math.round(rate * 1_000) / 10} %`;
}

/** How full an agent is, in words. */
export function sayLoad({
  load,
  maxConcurrency,
}: Pick<AgentView, "load" | "maxConcurrency">): string {
  const most = maxConcurrency ?? (load.slots > 0 ? load.slots : null);
  return most === null ? `${load.inFlight} at work` : `${load.inFlight} of ${most}`;
}

/** Whether what was measured contradicts what the author declares: outside of what the samples allow. */
export function contradicts({ declared, measured }: AgentCapabilityView): boolean {
  if (measured === null || declared.successRate === null) return false;
  return declared.successRate < measured.low || declared.successRate > measured.high;
}

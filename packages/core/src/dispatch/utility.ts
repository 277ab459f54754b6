import type { DispatchSettings } from "./settings.ts";
import type { RiskBand } from "./segment.ts";

export interface Weights {
  readonly successUsd: number;
  readonly hourUsd: number;
}

/** A failure of something risky is worse than one of something small. */
const GRAVITY: Record<RiskBand, number> = { low: 1, normal: 1, high: 3 };

export function weightsOf(
  { successUsd, hourUsd }: Pick<DispatchSettings, "successUsd" | "hourUsd">,
  risk: RiskBand,
): Weights {
  return { successUsd: successUsd * GRAVITY[risk], hourUsd };
}

/** What an outcome is worth, in US dollars. */
export function utilityOf(
  { success, seconds, costUsd }: { success: number; seconds: number; costUsd: number },
  { successUsd, hourUsd }: Weights,
): number {
  return successUsd * success - costUsd - (hourUsd * seconds) / 3_600;
}

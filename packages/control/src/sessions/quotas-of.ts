import { SESSION_DEFAULTS, type SessionWith } from "@nofx/core/vocabulary";
import type { KnownSession, SessionQuotas } from "@nofx/db/leases";

/** Deeper than this the engine adds no steps. */
const DEEPEST = 8;
const PICO_IN_MICRO = 1_000_000n;

/** What a new session may use: what it asks for, what holds of every session, and never more than the session above it. */
export function quotasOf(
  spec: SessionWith,
  { depth, parent }: Pick<KnownSession, "depth" | "parent">,
): SessionQuotas {
  const above = parent?.quotas;
  const levels = spec.depth ?? (above === undefined ? SESSION_DEFAULTS.depth : DEEPEST);
  const seconds = spec.seconds ?? SESSION_DEFAULTS.seconds;
  const agents = spec.maxAgents ?? (above === undefined ? SESSION_DEFAULTS.agents : undefined);
  return {
    depth: Math.min(above?.depth ?? DEEPEST, depth + levels),
    fanOut: Math.min(
      above?.fanOut ?? Infinity,
      spec.fanOut ?? above?.fanOut ?? SESSION_DEFAULTS.fanOut,
    ),
    ...(agents === undefined ? {} : { agents }),
    ...(spec.budgetUsd === undefined ? {} : { usd: picoOf(spec.budgetUsd) }),
    seconds: Math.max(0, Math.min(seconds, parent?.seconds_left ?? Infinity)),
    failures: SESSION_DEFAULTS.failures,
  };
}

/** Exact to a millionth of a US dollar. */
function picoOf(usd: number): string {
  return String(BigInt(Math.round(usd * 1_000_000)) * PICO_IN_MICRO);
}

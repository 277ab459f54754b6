/** How a number is spread: latencies in ms, costs in dollars. */
export type Spread =
  | { readonly kind: "fixed"; readonly value: number }
  | { readonly kind: "uniform"; readonly from: number; readonly to: number }
  | { readonly kind: "exponential"; readonly mean: number }
  /** Most are near the median, a few take much longer: `sigma` 0.5 is even, 1.5 has a long tail. */
  | { readonly kind: "lognormal"; readonly median: number; readonly sigma: number };

/** An agent that does nothing, as long, as well and for as much as it says. */
export interface SimulatedAgent {
  readonly name: string;
  readonly capability: string;
  readonly concurrency: number;
  readonly latencyMs: Spread;
  readonly costUsd: Spread;
  /** The share of attempts that fail, and of these the share that would fail every time. */
  readonly errorRate: number;
  readonly permanentShare: number;
  /** The share of attempts in which its process dies. */
  readonly crashRate: number;
  /** How good what it gives is, 0 to 1, on average. */
  readonly quality: number;
}

/** What becomes of one attempt of a step. */
export interface SimulatedAttempt {
  readonly outcome: "succeeded" | "failed" | "failed_for_good" | "crashed";
  /** After so long; of a crash, when it happens. */
  readonly ms: number;
  readonly costUsd: number;
  readonly quality: number;
}

/** An agent with the values that are not given: a second a step, for nothing, without errors. */
export function aSimulatedAgent(
  given: Partial<SimulatedAgent> & { name: string; capability: string },
): SimulatedAgent {
  return {
    concurrency: 1,
    latencyMs: { kind: "fixed", value: 1_000 },
    costUsd: { kind: "fixed", value: 0 },
    errorRate: 0,
    permanentShare: 0,
    crashRate: 0,
    quality: 1,
    ...given,
  };
}

/** So many agents of a capability, each somewhat faster, dearer or less reliable than the others: the same for the same seed. */
export function simulatedAgents(count: number, seed: number, capability: string): SimulatedAgent[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomOf(seed, `agent ${i}`);
    return aSimulatedAgent({
      name: `simulated-${i + 1}`,
      capability,
      concurrency: 1 + Math.floor(random() * 4),
      latencyMs: { kind: "lognormal", median: 200 + random() * 4_000, sigma: 0.3 + random() },
      costUsd: { kind: "uniform", from: 0, to: 0.001 + random() * 0.05 },
      errorRate: random() * 0.1,
      permanentShare: random() * 0.1,
      crashRate: random() * 0.02,
      quality: 0.5 + random() / 2,
    });
  });
}

/**
 * What becomes of an attempt: a pure function of its arguments, so neither the order in which steps are claimed nor the clock that they
 * are played on changes it.
 */
export function simulateAttempt(
  agent: SimulatedAgent,
  seed: number,
  step: string,
  attempt: number,
): SimulatedAttempt {
  const random = randomOf(seed, `${agent.name} ${step} ${attempt}`);
  const [fate, kind, luck] = [random(), random(), random()];
  const ms = Math.max(0, drawn(agent.latencyMs, random));
  const costUsd = Math.max(0, drawn(agent.costUsd, random));
  const quality = Math.min(1, Math.max(0, agent.quality + (luck - 0.5) * 0.2));
  if (fate < agent.crashRate) return { outcome: "crashed", ms: ms * kind, costUsd, quality: 0 };
  if (fate < agent.crashRate + agent.errorRate) {
    const outcome = kind < agent.permanentShare ? "failed_for_good" : "failed";
    return { outcome, ms, costUsd, quality: 0 };
  }
  return { outcome: "succeeded", ms, costUsd, quality };
}

function drawn(spread: Spread, random: () => number): number {
  switch (spread.kind) {
    case "fixed":
      return spread.value;
    case "uniform":
      return spread.from + random() * (spread.to - spread.from);
    case "exponential":
      return -spread.mean * Math.log(1 - random());
    case "lognormal":
      return spread.median * Math.exp(spread.sigma * normal(random));
  }
}

/** A number of the normal distribution, after Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Numbers in [0, 1) that belong to a name: those of one do not change with what else is asked. */
function randomOf(seed: number, name: string): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let i = 0; i < name.length; i++) {
    state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

import type { PlannedStep } from "../planner/planned-step.ts";

/** Who is there to execute, and what holds them back. */
export interface Capacities {
  /** Steps that all workers together run at a time; 0 where none is up. */
  readonly workerSlots: number;
  /** What each active agent can do. */
  readonly agents: readonly (readonly string[])[];
  readonly limits: readonly StepLimit[];
}

/** A rule of claims: of all steps it is about, so many run at a time, and so many begin in so many seconds. */
export interface StepLimit {
  readonly queue: string | null;
  /** A kind or a capability; with a star at its end all that begin so. */
  readonly type: string | null;
  readonly maxRunning: number | null;
  readonly rate: { readonly starts: number; readonly seconds: number } | null;
}

/** Something that steps hold while they run, and how many of it there are. */
export interface PlanResource {
  readonly name: string;
  readonly capacity: number;
  /** Nobody of the kind is there: it is planned as if there were. */
  readonly assumed: boolean;
}

export interface PlanResources {
  readonly resources: readonly PlanResource[];
  /** Names of what each step holds, in the order of the steps. */
  readonly held: readonly (readonly string[])[];
  /** Capabilities that steps need and no active agent offers, also where they hold nothing back. */
  readonly unoffered: readonly string[];
  /** Whether steps need a worker and none is up. */
  readonly noWorker: boolean;
}

/** As many as a worker runs unless told otherwise. */
export const ASSUMED_SLOTS = 4;

/**
 * What the steps of a plan compete for: slots of workers, agents (all of them, and those with a capability), limits of claims, and exclusive
 * resources that items name. A rate of claims becomes a number that run at a time by Little's law: starts a second times
 * seconds each. `durationMs` is that of each step. What can never run short is left out.
 */
export function planResources(
  steps: readonly PlannedStep[],
  durationMs: readonly number[],
  { workerSlots, agents, limits }: Capacities,
): PlanResources {
  const all = new Map<string, PlanResource>();
  const unoffered: string[] = [];
  const held: string[][] = steps.map(() => []);
  const hold = (name: string, capacity: number, who: readonly number[], assumed = false) => {
    if (who.length <= capacity) return;
    all.set(name, { name, capacity, assumed });
    for (const step of who) held[step]?.push(name);
  };

  hold("workers", workerSlots || ASSUMED_SLOTS, numbersOf(steps, byWorker), workerSlots === 0);
  hold("agents", Math.max(1, agents.length), numbersOf(steps, byAgent), agents.length === 0);
  for (const [capability, who] of groupBy(steps, (step) =>
    byAgent(step) ? [step.capability ?? ""] : [],
  )) {
    const able = agents.filter((capabilities) => capabilities.includes(capability)).length;
    if (able === 0) unoffered.push(capability);
    hold(`agents:${capability}`, Math.max(1, able), who, able === 0);
  }
  for (const [name, who] of groupBy(steps, (step) => step.resources ?? [])) {
    hold(`exclusive:${name}`, 1, who);
  }
  limits.forEach((limit) => {
    const who = numbersOf(steps, (step) => fits(step, limit));
    const name = `limit:${limit.queue ?? "*"}/${limit.type ?? "*"}`;
    if (limit.maxRunning !== null) hold(name, limit.maxRunning, who);
    if (limit.rate !== null && who.length > 0) {
      const mean = who.reduce((sum, step) => sum + (durationMs[step] ?? 0), 0) / who.length / 1_000;
      const together = Math.max(1, Math.round((limit.rate.starts / limit.rate.seconds) * mean));
      hold(`rate:${limit.queue ?? "*"}/${limit.type ?? "*"}`, together, who);
    }
  });
  const noWorker = workerSlots === 0 && steps.some(byWorker);
  return { resources: [...all.values()], held, unoffered: unoffered.toSorted(), noWorker };
}

/** Waits and questions hold nobody while they last. */
function byWorker({ kind }: PlannedStep): boolean {
  return kind === "shell" || kind === "http";
}

function byAgent({ kind }: PlannedStep): boolean {
  return kind === "agent";
}

function fits(step: PlannedStep, { queue, type }: StepLimit): boolean {
  if (queue !== null && step.queue !== queue) return false;
  const is = step.capability ?? step.kind;
  return type === null || (type.endsWith("*") ? is.startsWith(type.slice(0, -1)) : is === type);
}

function numbersOf(steps: readonly PlannedStep[], is: (step: PlannedStep) => boolean): number[] {
  return steps.flatMap((step, i) => (is(step) ? [i] : []));
}

function groupBy(
  steps: readonly PlannedStep[],
  namesOf: (step: PlannedStep) => readonly string[],
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  steps.forEach((step, i) => {
    for (const name of namesOf(step)) {
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [i]);
      else group.push(i);
    }
  });
  return groups;
}

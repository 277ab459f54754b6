import type { WorkerEngine } from "@nofx/control/steps";
import type { Clock, Random } from "@nofx/core/seams";
import type { StepResult } from "../catalog/handler.ts";
import type { Metrics } from "../metrics.ts";
import type { Routing, Transport } from "../transports/transport.ts";
import type { RunningStep } from "./running-step.ts";

export interface LoopOptions {
  readonly engine: Pick<WorkerEngine, "exchange" | "disown" | "ring">;
  readonly transport: Transport;
  readonly metrics: Metrics;
  /** Of this worker's code, and what it has code for, as kind@version. */
  readonly version: string;
  readonly handlers: readonly string[];
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Whose steps it takes, and from which queues: the routing that its transport has. */
  readonly routing?: Routing;
  /** Whether it takes those of others while its own have none. */
  readonly steal?: boolean;
  /** Claims at most so many steps beyond its slots, and those that will begin within this time. */
  readonly prefetch?: { readonly most: number; readonly withinMs: number };
  /** How many times that time in a large fleet, while the queue holds plenty for all of it. */
  readonly stretch?: () => number;
  /** In a large fleet: how often to look for steps from the first on; between, claims go on where any worker's ended. */
  readonly freshMs?: () => number | undefined;
  /** Exchanges under way at a time. */
  readonly exchanges?: number;
  /** Executes one claim; never throws. */
  readonly execute: (running: RunningStep) => Promise<StepResult>;
  readonly onError: (error: unknown) => void;
}

/** What a worker takes ahead of its slots unless it is told. */
export const PREFETCH = { most: 500, withinMs: 50 } as const;

import { createBell } from "@nofx/control/steps";
import { NofxError } from "@nofx/core/errors";
import type { Handlers } from "../../src/catalog/catalog.ts";
import { createApprovalHandler } from "../../src/handlers/approval.ts";
import { createWaitHandler } from "../../src/handlers/wait.ts";
import { runStep } from "../../src/loop/run-step.ts";
import { createShutdown } from "../../src/loop/shutdown.ts";
import { WorkerLoop } from "../../src/loop/worker-loop.ts";
import { createMetrics } from "../../src/metrics.ts";
import { Fleet } from "../../src/presence/fleet.ts";
import { sweepLoop } from "../../src/sweep/sweep-loop.ts";
import { createPostgresTransport } from "../../src/transports/postgres-transport.ts";
import { behaviour } from "./behaviour.ts";
import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import type { SettleVerb } from "./settle-verb.ts";
import { simEngine } from "./sim-engine.ts";
import type { SimProcess } from "./sim-process.ts";
import type { World } from "./world.ts";

const LEASE_MS = 3_000;
const GRACE_MS = 2_000;
const CONCURRENCY = 2;
/** Some claim ahead of their slots: steps are long here, so what counts as soon is too. */
const PREFETCH = [
  { most: 0, withinMs: 50 },
  { most: 3, withinMs: 3_000 },
];

export interface SimWorker {
  readonly process: SimProcess;
  readonly ring: () => void;
  readonly inFlight: () => number;
  readonly hasEnded: () => boolean;
  /** As SIGTERM. */
  stop(): void;
  /** As SIGKILL. */
  kill(): void;
}

export interface WorkerPorts {
  readonly world: World;
  readonly network: Network;
  readonly process: SimProcess;
  readonly dice: Dice;
  readonly settle: SettleVerb | undefined;
  readonly expiries: Map<string, number>;
  readonly ringAll: () => void;
  /** It is gone, however. */
  readonly onEnd: (worker: SimWorker, hasSaidAll: boolean) => void;
}

/** A worker process put together as main.ts does it: its loop, its sweep, its shutdown; the real code of all three. */
export function startWorker(ports: WorkerPorts): SimWorker {
  const { world, network, process, dice } = ports;
  const { clock } = process;
  const { engine, spawn } = simEngine(ports);
  const doorbell = createBell(clock);
  const metrics = createMetrics();
  const onError = (error: unknown) => {
    if (NofxError.is(error) && ["unavailable", "lease_lost"].includes(error.code)) return;
    if (error instanceof Error && error.message === "a mistake in the handler") return;
    world.blame(`${process.name}: ${error instanceof Error ? error.stack : String(error)}`);
  };
  const refuse = async () => {
    throw new Error("not simulated");
  };
  const handlers: Handlers = {
    shell: behaviour({ world, network, process, engine, spawn, die: () => worker.kill() }),
    wait: createWaitHandler({ engine }),
    approval: createApprovalHandler({ engine }),
    http: refuse,
    session: refuse,
  };
  const loop = new WorkerLoop({
    engine,
    transport: createPostgresTransport({ doorbell }),
    metrics,
    clock,
    onError,
    random: dice.raw,
    version: "simulated",
    handlers: ["shell@1", "wait@1", "approval@1"],
    concurrency: CONCURRENCY,
    prefetch: dice.pick(PREFETCH),
    leaseMs: LEASE_MS,
    execute: (running) => runStep(running, { handlers, engine, clock, onError }),
  });
  const ending = new AbortController();
  const shutdown = createShutdown(loop, { graceMs: GRACE_MS, clock });
  let ended = false;
  let idle = false;
  void loop.done.then(() => {
    idle = true;
  });
  const end = () => {
    if (ended) return;
    ended = true;
    const conflicts = metrics.total("nofx_claim_conflicts_total");
    if (conflicts > 0) world.blame(`${process.name} counted ${conflicts} claim conflicts`);
    process.kill();
    ports.onEnd(worker, idle);
  };
  const worker: SimWorker = {
    process,
    ring: doorbell.ring,
    inFlight: () => loop.inFlight,
    hasEnded: () => ended,
    stop: () => process.deliver(() => shutdown.request()),
    kill: end,
  };
  void shutdown.finished.then(() => {
    ending.abort();
    end();
  });
  loop.start();
  void sweepLoop(
    { clock, engine, metrics, leaseMs: LEASE_MS, fleet: new Fleet(dice.raw) },
    ending.signal,
    onError,
  );
  return worker;
}

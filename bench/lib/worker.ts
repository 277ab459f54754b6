import { hostname } from "node:os";
import { makeSigningKey, readSigningKey } from "@nofx/control/audit";
import { parseAllowedHosts } from "@nofx/control/net";
import { createDoorbell, createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { system } from "@nofx/control/seams";
import { auditLoop } from "../../apps/worker/src/audit/audit-loop.ts";
import type { StepResult, StepRun } from "../../apps/worker/src/catalog/handler.ts";
import { knownHandlers } from "../../apps/worker/src/catalog/code-for.ts";
import type { Handlers } from "../../apps/worker/src/catalog/catalog.ts";
import { readEnv } from "../../apps/worker/src/env.ts";
import { evidenceLoop } from "../../apps/worker/src/evidence/evidence-loop.ts";
import { createApprovalHandler } from "../../apps/worker/src/handlers/approval.ts";
import { createSessionHandler } from "../../apps/worker/src/handlers/session.ts";
import { createWaitHandler } from "../../apps/worker/src/handlers/wait.ts";
import { runStep } from "../../apps/worker/src/loop/run-step.ts";
import { WorkerLoop } from "../../apps/worker/src/loop/worker-loop.ts";
import { createMetrics, type Metrics } from "../../apps/worker/src/metrics.ts";
import { Fleet, type FleetCount } from "../../apps/worker/src/presence/fleet.ts";
import { presenceLoop } from "../../apps/worker/src/presence/presence-loop.ts";
import { pushLoop } from "../../apps/worker/src/pusher/push-loop.ts";
import { redactionLoop } from "../../apps/worker/src/redaction/redaction-loop.ts";
import { relayLoop } from "../../apps/worker/src/relay/relay-loop.ts";
import { readPlanePolicy } from "../../apps/worker/src/retention/plane-policy.ts";
import { retentionLoop } from "../../apps/worker/src/retention/retention-loop.ts";
import { schedulerLoop } from "../../apps/worker/src/scheduler/scheduler-loop.ts";
import { sealLoop } from "../../apps/worker/src/sealer/seal-loop.ts";
import { strandedLoop } from "../../apps/worker/src/sweep/stranded-loop.ts";
import { sweepLoop } from "../../apps/worker/src/sweep/sweep-loop.ts";
import { createTransport } from "../../apps/worker/src/transports/create-transport.ts";
import { keptFiles } from "./kept-files.ts";
import { assertSameLoops } from "./same-loops.ts";

export interface BenchWorker {
  readonly engine: WorkerEngine;
  readonly metrics: Metrics;
  /** Whether it claims. */
  open(yes: boolean): void;
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** The connection of `nofx_worker`. */
  readonly connectionString: string;
  readonly name: string;
  /** What this worker's environment says; what it does not say is as in production. */
  readonly env?: Record<string, string> | undefined;
  /** The work of a step: takes the place of the request that an http step sends. */
  readonly work: (json: unknown, run: StepRun, engine: WorkerEngine) => Promise<StepResult>;
  /** Claims nothing until it is opened. */
  readonly closed?: boolean;
  /** Heard of each step that the database has settled. */
  readonly onSettled?: ((stepId: string) => void) | undefined;
}

/** A step that has nothing to say. */
export const DONE: StepResult = { type: "succeeded", output: {} };

/**
 * The worker as apps/worker/src/main.ts puts it together, in this process: all its loops. Left
 * out is what no step of a bench needs: the gateway for agents and workspaces for shell steps.
 */
export async function startWorker(options: WorkerOptions): Promise<BenchWorker> {
  assertSameLoops();
  const { connectionString, name: worker } = options;
  const env = readEnv({ ...UNUSED, NOFX_WORKER_NAME: worker, ...options.env });
  const { clock, random } = system;
  const onError = (error: unknown) => console.error(`${worker}:`, error);
  const metrics = createMetrics();
  const concurrency = env.NOFX_CONCURRENCY;
  const engine = listening(
    createWorkerEngine({ connectionString, worker, max: 4 + concurrency }),
    options.onSettled,
  );
  const doorbell = createDoorbell({ connectionString, applicationName: `${worker} doorbell` });
  const handlers: Handlers = {
    shell: () => Promise.reject(new Error("no bench has shell steps")),
    approval: createApprovalHandler({ engine }),
    wait: createWaitHandler({ engine }),
    session: createSessionHandler({ engine }),
    http: (run, args) => options.work(args.body?.json, run, engine),
  };
  const transport = await createTransport(env, {
    connectionString,
    worker,
    engine,
    doorbell,
    handlers: knownHandlers(),
    seams: system,
    onUp: () => {},
    onHints: () => {},
    onError,
  });
  const fleet = new Fleet(random);
  const loop = new WorkerLoop({
    engine,
    transport,
    metrics,
    onError,
    version: env.NOFX_WORKER_VERSION,
    handlers: knownHandlers(),
    concurrency,
    stretch: () => fleet.stretch,
    freshMs: () => fleet.freshMs,
    leaseMs: env.NOFX_LEASE_SECONDS * 1_000,
    clock,
    random,
    execute: (running) => runStep(running, { handlers, engine, clock, onError }),
  });
  const ending = new AbortController();
  const seconds = env.NOFX_STRAND_SECONDS;
  const presence = {
    clock,
    engine,
    who: {
      host: hostname(),
      pid: process.pid,
      version: env.NOFX_WORKER_VERSION,
      handlers: knownHandlers(),
      concurrency,
      local: false,
    },
    beat: () => ({
      inFlight: loop.inFlight,
      free: Math.max(0, concurrency - loop.inFlight),
      claimed: metrics.total("nofx_steps_claimed_total"),
      settled: metrics.total("nofx_steps_settled_total"),
      stopping: false,
    }),
    onDrain: (drain: boolean) => loop.pause(drain || !open),
    onHello: () => {},
    onCount: (count: FleetCount) => fleet.counted(count),
  };
  const relay = {
    store: engine.relay,
    fleet,
    seams: { clock, random },
    allowed: parseAllowedHosts(""),
    onTold: () => {},
  };
  const pusher = {
    ...relay,
    store: engine.push,
    doorbell,
    leaseSeconds: env.NOFX_LEASE_SECONDS,
    describe: () => Promise.reject(new Error("no bench has functions")),
    onPushed: () => {},
  };
  const audit = {
    connectionString,
    engine,
    storage: keptFiles(),
    seams: { clock, random },
    metrics,
    key: readSigningKey(makeSigningKey().privateKey),
    intervalSeconds: env.NOFX_AUDIT_DIGEST_SECONDS,
  };
  const redaction = {
    clock,
    fleet,
    keeper: engine.messages,
    policy: {},
    files: { get: async () => undefined, remove: async () => {} },
  };
  let open = options.closed !== true;
  loop.pause(!open);
  loop.start();
  const beside = Promise.all([
    auditLoop(audit, ending.signal, onError),
    redactionLoop(redaction, ending.signal, onError),
    relayLoop(relay, ending.signal, onError),
    pushLoop(pusher, ending.signal, onError),
    presenceLoop(presence, ending.signal, onError),
    schedulerLoop(
      {
        connectionString,
        engine,
        seams: { clock, random },
        metrics,
        beside: (signal) => evidenceLoop({ clock, store: engine.evidence }, signal, onError),
      },
      ending.signal,
      onError,
    ),
    retentionLoop(
      { clock, fleet, engine, metrics, removeFiles: async () => {}, policy: readPlanePolicy({}) },
      ending.signal,
      onError,
    ),
    strandedLoop({ clock, engine, metrics, seconds }, ending.signal, onError),
    sweepLoop(
      { clock, engine, metrics, leaseMs: env.NOFX_LEASE_SECONDS * 1_000, fleet },
      ending.signal,
      onError,
    ),
    sealLoop({ clock, engine, doorbell, metrics, fleet }, ending.signal, onError),
  ]);
  return {
    engine,
    metrics,
    open(yes) {
      open = yes;
      loop.pause(!yes);
    },
    async stop() {
      loop.drain();
      await loop.done;
      ending.abort();
      await Promise.all([beside, transport.close(), doorbell.close()]);
      await engine.close();
    },
  };
}

/** What the environment must say and nothing here looks at. */
const UNUSED = {
  DATABASE_DIRECT_URL: "unused",
  DATABASE_GATEWAY_URL: "unused",
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_ANON_KEY: "unused",
  SUPABASE_JWT_SECRET: "unused",
  NOFX_WORKSPACES: "unused",
  NOFX_WORKSPACE_ROOT: "unused",
};

/** Tells of settled steps once the database has answered. */
function listening(engine: WorkerEngine, onSettled?: (stepId: string) => void): WorkerEngine {
  if (onSettled === undefined) return engine;
  return {
    ...engine,
    async exchange(request) {
      const answer = await engine.exchange(request);
      for (const { stepId } of request.settlements) onSettled(stepId);
      return answer;
    },
  };
}

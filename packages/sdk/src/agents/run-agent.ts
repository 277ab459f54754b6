import { MAX_CLAIM, MAX_CLAIM_WAIT_SECONDS } from "@nofx/core/contract";
import { createAgentClient, systemClock, type Clock, type Fetch } from "../client/index.ts";
import { permanent } from "../errors/index.ts";
import {
  executeStep,
  Heartbeats,
  stepInfo,
  type StepOutcome,
  type StepPorts,
} from "../steps/index.ts";
import type { AnyTask } from "../tasks/index.ts";
import { Ahead } from "./ahead.ts";
import { claimLoop } from "./claim-loop.ts";
import type { Agent } from "./define-agent.ts";
import type { AgentEvent } from "./events.ts";
import { introduce } from "./introduce.ts";
import { onStopSignals, processName } from "./process.ts";
import { Ready, type Claimed } from "./ready.ts";
import { reporter } from "./reporter.ts";
import { Slots } from "./slots.ts";
import { Stopping } from "./stopping.ts";

export interface RunOptions {
  /** Where the control plane listens, like `http://127.0.0.1:8790`. */
  url: string;
  /** The agent's key, `nofx_ak_…`. */
  key: string;
  /** Ends the agent gracefully. Without one, SIGINT and SIGTERM do. */
  signal?: AbortSignal | undefined;
  /** Whether SIGINT and SIGTERM end the agent; by default when no `signal` is given. */
  handleSignals?: boolean | undefined;
  /** How long running steps may go on after that; 25 s unless told. A second signal cuts it short. */
  drainSeconds?: number | undefined;
  /** How long handlers then have to react to `ctx.signal` before their steps are given back; 5 s unless told. */
  abortSeconds?: number | undefined;
  /** How long one claim waits for work; 20 s unless told, at most 25. */
  waitSeconds?: number | undefined;
  /**
   * How many steps at most may wait here for a slot while steps are short; four a slot unless told, at most 100. 0: each
   * is claimed when a slot is free.
   */
  prefetch?: number | undefined;
  /** Shown to people as who claimed; `<host>:<pid>` unless told. */
  worker?: string | undefined;
  /** Told what happens; lines on stderr unless given. */
  onEvent?: ((event: AgentEvent) => void) | undefined;
  /** Ports that tests replace. */
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
}

/** How many executions ended how. */
export type RunSummary = Record<StepOutcome, number>;

/** `agent.run()` */
export async function runAgent(agent: Agent, options: RunOptions): Promise<RunSummary> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const send: Fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const emit = reporter(options.onEvent);
  const client = createAgentClient({
    url: options.url,
    key: options.key,
    fetch: send,
    clock,
    random,
  });
  const stopping = new Stopping({
    clock,
    drainMs: (options.drainSeconds ?? 25) * 1_000,
    abortMs: (options.abortSeconds ?? 5) * 1_000,
  });
  const slots = new Slots(agent.concurrency);
  const ahead = new Ahead({
    slots: agent.concurrency,
    most: Math.min(options.prefetch ?? 4 * agent.concurrency, MAX_CLAIM),
  });
  const summary: RunSummary = { succeeded: 0, failed: 0, suspended: 0, released: 0, lost: 0 };
  const onRetry: StepPorts["onRetry"] = (error, waitMs) =>
    emit({ type: "retrying", error, waitMs });
  const worker = options.worker ?? processName();
  const presence = () => ({
    worker,
    presence: { slots: slots.size, busy: Math.min(slots.running, slots.size) },
  });
  const ports: StepPorts = {
    client,
    clock,
    random,
    fetch: send,
    models: { url: options.url, bearer: () => client.bearer() },
    heartbeats: new Heartbeats({ client, clock, random, onRetry, presence }),
    shutdown: stopping.shutdown,
    abandon: stopping.abandon,
    onRetry,
  };

  async function execute({ step, leaseSeconds, leasedAt }: Claimed): Promise<void> {
    const info = stepInfo(step);
    emit({ type: "step.started", step: info });
    const task = agent.tasks.get(step.capability) ?? unknownTask(step.capability);
    const startedAt = clock.now();
    const { outcome, ...why } = await executeStep(ports, task, step, leaseSeconds, leasedAt);
    const now = clock.now();
    ahead.ended(step.capability, now - startedAt, now);
    summary[outcome] += 1;
    emit({ type: "step.ended", step: info, outcome, ...why });
  }

  const ready = new Ready({ clock, client, slots, start: execute });
  const stop = () => {
    if (!stopping.draining.aborted) emit({ type: "draining", running: slots.running });
    void ready.close();
    stopping.begin();
  };
  const forgetSignals = listen(options, stop);
  try {
    const signal = stopping.draining;
    const capabilities = await introduce(client, agent, worker, emit, { signal, onRetry });
    const waitSeconds = Math.min(options.waitSeconds ?? 20, MAX_CLAIM_WAIT_SECONDS);
    await claimLoop({
      client,
      clock,
      random,
      slots,
      ready,
      ahead,
      capabilities,
      worker,
      waitSeconds,
      signal,
      onRetry,
    });
  } catch (error) {
    // Being told to stop ends the claim in hand; anything else is a refusal, and running steps are still seen through.
    if (!stopping.draining.aborted) {
      stop();
      throw error;
    }
  } finally {
    await Promise.all([ready.close(), slots.idle()]);
    stopping.finish();
    forgetSignals();
    emit({ type: "stopped" });
  }
  return summary;
}

function listen(options: RunOptions, stop: () => void): () => void {
  const { signal } = options;
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const forget = (options.handleSignals ?? signal === undefined) ? onStopSignals(stop) : () => {};
  return () => {
    signal?.removeEventListener("abort", stop);
    forget();
  };
}

function unknownTask(capability: string): AnyTask {
  return {
    capability,
    handler: () => {
      throw permanent(`This agent has no task for "${capability}".`);
    },
  };
}

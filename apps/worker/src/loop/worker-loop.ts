import { pollMs, type Settlement, type WorkerEngine } from "@nofx/control/steps";
import type { Clock, Random } from "@nofx/core/seams";
import type { StepResult } from "../catalog/handler.ts";
import type { Metrics } from "../metrics.ts";
import { countAnswer } from "../metrics/count-answer.ts";
import type { Transport } from "../transports/transport.ts";
import { RunningStep, type StopReason } from "./running-step.ts";
import { settlementOf } from "./settlement-of.ts";

export interface LoopOptions {
  readonly engine: WorkerEngine;
  readonly transport: Transport;
  readonly metrics: Metrics;
  /** Of this worker's code, and what it has code for, as kind@version. */
  readonly version: string;
  readonly handlers: readonly string[];
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Executes one claim; never throws. */
  readonly execute: (running: RunningStep) => Promise<StepResult>;
  readonly onError: (error: unknown) => void;
}

const SLOWEST_RETRY_MS = 5_000;

/**
 * Claim → run → settle. Each tick is one `exchange`: it settles what has ended, renews at a third of the lease, and claims
 * for the free slots. A settlement is kept and sent again until the database has answered it.
 */
export class WorkerLoop {
  readonly #options: LoopOptions;
  readonly #running = new Map<string, RunningStep>();
  #outbox: Settlement[] = [];
  #draining = false;
  #paused = false;
  #stopReason: StopReason | undefined;
  #wake: () => void = () => {};
  #silentSince: number | undefined;
  readonly #done = Promise.withResolvers<void>();

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#run().then(this.#done.resolve, this.#done.reject);
  }

  /** Resolves when a drained loop has nothing left to do. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /** For how long the database has not answered. */
  get silentMs(): number {
    return this.#silentSince === undefined ? 0 : this.#options.clock.now() - this.#silentSince;
  }

  /** Claims nothing more; `done` resolves when what runs has ended and is settled. */
  drain(): void {
    this.#draining = true;
    this.#wake();
  }

  /** Claims nothing until told otherwise; what runs goes on, and so does the loop. */
  pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    this.#wake();
  }

  /** Tells every handler to stop: what runs, and what a claim that is on its way still brings. */
  stopAll(reason: StopReason): void {
    this.#stopReason = reason;
    for (const running of this.#running.values()) running.stop(reason);
  }

  async #run(): Promise<void> {
    const { transport, metrics, onError } = this.#options;
    let failures = 0;
    while (!this.#isIdle()) {
      const since = transport.rings;
      let ms: number;
      try {
        if (failures > 0) await this.#disownUnknown();
        await this.#tick();
        failures = 0;
        this.#silentSince = undefined;
        ms = this.#untilNext();
      } catch (error) {
        metrics.count("nofx_exchange_errors_total");
        if (failures === 0) onError(error);
        failures += 1;
        this.#silentSince ??= this.#options.clock.now();
        ms = Math.min(SLOWEST_RETRY_MS, 100 * 2 ** failures) * (0.5 + this.#options.random() / 2);
      }
      if (failures === 0 && (this.#outbox.length > 0 || this.#isIdle())) continue;
      const local = new AbortController();
      // while the database is silent, neither a ring nor a step's end makes asking again any better
      this.#wake = failures > 0 ? () => {} : () => local.abort();
      await transport.wait({
        since: failures > 0 ? transport.rings : since,
        ms,
        signal: local.signal,
      });
    }
  }

  #isIdle(): boolean {
    return this.#draining && this.#running.size === 0 && this.#outbox.length === 0;
  }

  #untilNext(): number {
    const renewAt = Math.min(...[...this.#running.values()].map((running) => running.renewAt));
    return Math.max(0, Math.min(pollMs(this.#options.random), renewAt - this.#options.clock.now()));
  }

  /** The tick that failed may have claimed all the same, and its answer be lost. */
  async #disownUnknown(): Promise<void> {
    const held = [...this.#running.values()].map((running) => running.held);
    const settling = this.#outbox.map(({ stepId, epoch }) => ({ stepId, epoch }));
    const released = await this.#options.engine.disown([...held, ...settling]);
    if (released > 0) this.#options.metrics.count("nofx_leases_lost_total", {}, released);
  }

  async #tick(): Promise<void> {
    const { clock, engine, metrics, transport, concurrency, leaseMs } = this.#options;
    const sentAt = clock.now();
    const settlements = [...this.#outbox];
    const due = [...this.#running.values()].filter((running) => running.renewAt <= sentAt);
    const want = this.#draining || this.#paused ? 0 : Math.max(0, concurrency - this.#running.size);
    const route = want > 0 ? await transport.route(want) : undefined;
    if (settlements.length + due.length === 0 && route === undefined) return;
    const answer = await engine.exchange({
      version: this.#options.version,
      handlers: this.#options.handlers,
      settlements,
      renewals: due.map((running) => running.held),
      want: route === undefined ? 0 : want,
      leaseMs,
      route,
    });
    transport.claimed(route, answer);
    this.#outbox = this.#outbox.slice(settlements.length);
    countAnswer(metrics, { settlements, answer, leaseMs });
    for (const row of answer.renewed) {
      // of two attempts of one step the later one is the one that may be held
      const attempts = due.filter((candidate) => candidate.held.stepId === row.step_id);
      const running = attempts.at(row.held ? -1 : 0);
      if (!row.held) running?.stop("lease_lost");
      else running?.renewed(sentAt);
      if (row.cancel_requested) running?.stop("cancelled");
    }
    for (const step of answer.claimed) {
      void this.#start(new RunningStep(step, leaseMs, sentAt, clock));
    }
    const { for_agents, for_workers } = answer.settled;
    if (for_agents > 0 || for_workers > answer.claimed.length) engine.ring();
  }

  async #start(running: RunningStep): Promise<void> {
    const { clock, metrics, execute, random } = this.#options;
    const { stepId, epoch } = running.held;
    const { kind } = running.step;
    if (this.#running.has(`${stepId}:${epoch}`)) metrics.count("nofx_claim_conflicts_total");
    if (this.#stopReason !== undefined) running.stop(this.#stopReason);
    // Two attempts of one step never overlap in one process: an earlier one may still be dying.
    const earlier = [...this.#running.values()].filter((other) => other.held.stepId === stepId);
    this.#running.set(`${stepId}:${epoch}`, running);
    metrics.set("nofx_steps_in_flight", this.#running.size);
    await Promise.all(earlier.map((other) => other.ended));
    const startedAt = clock.now();
    const result = running.signal.aborted ? ({ type: "stopped" } as const) : await execute(running);
    running.end();
    this.#running.delete(`${stepId}:${epoch}`);
    metrics.set("nofx_steps_in_flight", this.#running.size);
    const seconds = (clock.now() - startedAt) / 1_000;
    metrics.observe("nofx_step_duration_seconds", seconds, { kind, result: result.type });
    const settlement = settlementOf(running.step, result, random);
    if (settlement !== undefined) this.#outbox.push(settlement);
    if (result.type === "stopped" && running.reason === "lease_lost") {
      metrics.count("nofx_leases_lost_total");
    }
    this.#wake();
  }
}

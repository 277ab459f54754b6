import {
  MAX_HEARTBEATS,
  type ClaimedStep,
  type HeartbeatsRequest,
  type Progress,
} from "@nofx/core/contract";
import { retryDelayMs, type AgentClient, type CallOptions, type Clock } from "../client/index.ts";
import { CancelledError, NofxApiError } from "../errors/index.ts";
import { storable } from "../schema/index.ts";
import type { Lease } from "./lease.ts";

/** Progress reaches people this often at most; without any, the lease sets the pace. */
const PROGRESS_MS = 1_000;

/** One step among those that are renewed together. */
export interface Heartbeat {
  progress(percent: number, note?: string): void;
  stop(): void;
}

interface Member {
  readonly step: ClaimedStep;
  readonly lease: Lease;
  leaseMs: number;
  beatAt: number;
  dueAt: number;
  progress: Progress | undefined;
  /** Why it could not be renewed last time. */
  trouble: unknown;
}

export interface HeartbeatPorts {
  client: AgentClient;
  clock: Clock;
  random: () => number;
  onRetry?: CallOptions["onRetry"];
  /** The process, and how busy it is: told with each call. */
  presence?: () => Pick<HeartbeatsRequest, "worker" | "presence">;
}

/**
 * Renews the leases of all steps that this process executes: each at a third of its length, those due about then in one
 * call. A lease that could not be renewed is given up the moment it ends, whatever the server would say later.
 */
export class Heartbeats {
  readonly #ports: HeartbeatPorts;
  readonly #members = new Map<string, Member>();
  #wake = new AbortController();
  #nextAt = 0;
  #running = false;
  #isBeating = false;
  #tries = 0;

  constructor(ports: HeartbeatPorts) {
    this.#ports = ports;
  }

  /** From now on the step is renewed; the first time a third of its lease after `leasedAt`. */
  join(step: ClaimedStep, lease: Lease, leaseMs: number, leasedAt: number): Heartbeat {
    // this process claimed the step anew: whoever still works under the earlier epoch has lost it
    this.#members.get(step.id)?.lease.lose();
    const dueAt = leasedAt + leaseMs / 3;
    const member: Member = {
      step,
      lease,
      leaseMs,
      dueAt,
      beatAt: leasedAt,
      progress: undefined,
      trouble: undefined,
    };
    this.#members.set(step.id, member);
    this.#due(dueAt);
    if (!this.#running) void this.#run();
    return {
      progress: (percent, note) => this.#progress(member, percent, note),
      stop: () => this.#leave(member),
    };
  }

  #leave(member: Member): void {
    if (this.#members.get(member.step.id) !== member) return;
    this.#members.delete(member.step.id);
    if (this.#members.size === 0 || this.#isBeating) this.#wake.abort();
  }

  #due(at: number): void {
    if (at < this.#nextAt) this.#wake.abort();
  }

  #progress(member: Member, percent: number, note: string | undefined): void {
    member.progress = {
      ...member.progress,
      percent: Math.min(100, Math.max(0, Number.isFinite(percent) ? percent : 0)),
      ...(note === undefined ? {} : { note: storable(note).slice(0, 500).toWellFormed() }),
    };
    member.dueAt = Math.min(member.dueAt, member.beatAt + PROGRESS_MS);
    this.#due(member.dueAt);
  }

  async #run(): Promise<void> {
    const { clock } = this.#ports;
    this.#running = true;
    while (this.#members.size > 0) {
      this.#wake = new AbortController();
      this.#giveUpLate();
      const now = clock.now();
      this.#nextAt = Math.min(
        ...[...this.#members.values()].map(({ dueAt, lease }) => Math.min(dueAt, lease.expiresAt)),
      );
      if (this.#nextAt > now) {
        await clock.sleep(this.#nextAt - now, this.#wake.signal);
        continue;
      }
      this.#isBeating = true;
      await this.#beat(now);
      this.#isBeating = false;
    }
    this.#running = false;
  }

  /** Those whose time has come, and those whose time comes soon. */
  async #beat(now: number): Promise<void> {
    const batch = [...this.#members.values()]
      .filter(({ dueAt, leaseMs }) => dueAt <= now + leaseMs / 12)
      .slice(0, MAX_HEARTBEATS);
    if (batch.length === 0) return;
    const { client, clock, random, onRetry } = this.#ports;
    const told = new Map(batch.map((member) => [member, member.progress]));
    for (const member of batch) member.progress = undefined;
    const answered = new AbortController();
    this.#watch(batch, answered);
    try {
      const answer = await client.call(
        "heartbeats",
        {},
        {
          ...this.#ports.presence?.(),
          steps: [...told].map(([{ step }, progress]) => ({
            stepId: step.id,
            epoch: step.epoch,
            ...(progress === undefined ? {} : { progress }),
          })),
        },
        {
          signal: answered.signal,
          giveUpAt: now,
          // a try that hangs must leave time for another before the first lease ends
          timeoutMs: Math.max(Math.min(...batch.map(({ leaseMs }) => leaseMs)) / 3, 100),
        },
      );
      this.#tries = 0;
      const byStep = new Map(answer.steps.map((one) => [one.stepId, one]));
      for (const member of batch) {
        this.#renewed(member, now, answer.leaseSeconds * 1_000, byStep.get(member.step.id));
      }
    } catch (error) {
      if (answered.signal.aborted) return;
      const wait = NofxApiError.is(error) ? retryDelayMs(error, this.#tries++, random) : undefined;
      for (const member of batch) {
        member.trouble = error;
        member.progress ??= told.get(member);
        member.dueAt = clock.now() + (wait ?? 0);
        // the server refuses this agent for good, its key for example: the step is not ours any more
        if (wait === undefined) this.#lose(member);
      }
      if (wait !== undefined) onRetry?.(error as NofxApiError, wait);
    } finally {
      answered.abort();
    }
  }

  #renewed(
    member: Member,
    sentAt: number,
    leaseMs: number,
    answer: { held: boolean; cancelRequested: boolean } | undefined,
  ): void {
    if (answer?.held !== true) return this.#lose(member);
    member.trouble = undefined;
    member.leaseMs = leaseMs;
    member.beatAt = sentAt;
    member.lease.expiresAt = sentAt + leaseMs;
    const interval = leaseMs / 3;
    member.dueAt =
      sentAt + (member.progress === undefined ? interval : Math.min(PROGRESS_MS, interval));
    if (answer.cancelRequested) member.lease.interrupt(new CancelledError(member.step.name));
  }

  /** While a call is under way: leases that end meanwhile are given up, and a call that nobody waits for ends. */
  #watch(batch: readonly Member[], answered: AbortController): void {
    const { clock } = this.#ports;
    const check = async () => {
      for (;;) {
        this.#giveUpLate();
        const left = batch.filter((member) => this.#members.get(member.step.id) === member);
        if (left.length === 0) return answered.abort();
        const endsAt = Math.min(...left.map(({ lease }) => lease.expiresAt));
        await clock.sleep(
          Math.max(1, endsAt - clock.now()),
          AbortSignal.any([answered.signal, this.#wake.signal]),
        );
        if (answered.signal.aborted) return;
        if (this.#wake.signal.aborted) this.#wake = new AbortController();
      }
    };
    void check();
  }

  #giveUpLate(): void {
    const now = this.#ports.clock.now();
    for (const member of this.#members.values()) {
      if (member.lease.end !== undefined) this.#leave(member);
      else if (member.lease.expiresAt <= now) this.#lose(member);
    }
  }

  #lose(member: Member): void {
    if (this.#members.get(member.step.id) !== member) return;
    this.#leave(member);
    member.lease.lose(member.trouble);
  }
}

import { pollMs, type ExchangeAnswer, type Route, type Settlement } from "@nofx/control/steps";
import { countAnswer } from "../metrics/count-answer.ts";
import type { Routing } from "../transports/transport.ts";
import { Ahead } from "./ahead.ts";
import { HeldSteps } from "./held-steps.ts";
import { PREFETCH, type LoopOptions } from "./loop-options.ts";
import { Outbox } from "./outbox.ts";
import { Pace, PACE_MS } from "./pace.ts";
import { RunningStep, type StopReason } from "./running-step.ts";
import { settlementOf } from "./settlement-of.ts";
import { SpareSlots } from "./spare-slots.ts";
import { Stealing } from "./stealing.ts";
import { UnderWay } from "./under-way.ts";

const EXCHANGES = 2;
/** Claims for the slots that are kept, beside the exchanges: one may have looked before the bell rang again. */
const SPARE_CLAIMS = 2;
/** What comes free within this time may be claimed for already. */
const SOON_MS = 5;
const SLOWEST_RETRY_MS = 5_000;

/** What one exchange was sent with. */
interface Sent {
  readonly settlements: readonly Settlement[];
  readonly renewals: readonly RunningStep[];
  want: number;
  /** Claims for the slots that are kept alone: whose steps it leaves out. */
  readonly not?: readonly string[];
}

/**
 * Claim → run → settle. Each `exchange` settles what has ended, renews at a third of the lease, and claims for the free slots
 * and, where steps are short, somewhat ahead of them. Two may be under way at a time: what ends meanwhile goes together as soon
 * as one is answered. A settlement is kept and sent again until the database has answered it.
 *
 * After an exchange that nobody answered, nothing is sent until the others are over too and everything is given back that it
 * may have claimed: so what an answer still on its way brings is never given back.
 */
export class WorkerLoop {
  readonly #options: LoopOptions;
  readonly #held: HeldSteps;
  readonly #outbox = new Outbox();
  readonly #ahead: Ahead;
  readonly #stealing: Stealing;
  readonly #spare: SpareSlots;
  readonly #pace: Pace;
  readonly #most: number;
  readonly #closing = new AbortController();
  readonly #done = Promise.withResolvers<void>();
  #toRenew: RunningStep[] = [];
  readonly #underWay = new UnderWay();
  /** Those that claim for the slots that are kept. */
  readonly #spareUnderWay = new UnderWay();
  /** Somebody rang, or it is time to look. */
  #look = true;
  /** The same, for those that get the slots that are kept. */
  #lookSpare = false;
  /** The last claim brought all that was wanted: there is more. */
  #plenty = false;
  #draining = false;
  #paused = false;
  #stopReason: StopReason | undefined;
  #failures = 0;
  /** An exchange failed: what it may have claimed is still to be given back. */
  #unknown = false;
  #recovering = false;
  #isDone = false;
  #silentSince: number | undefined;
  #pumpSoon = false;
  #alarmAt = Infinity;
  #cancelAlarm: () => void = () => {};

  constructor(options: LoopOptions) {
    const { leaseMs, concurrency, prefetch = PREFETCH, routing = {}, steal = true } = options;
    this.#options = options;
    this.#held = new HeldSteps(leaseMs);
    this.#ahead = new Ahead({ ...prefetch, slots: concurrency });
    this.#stealing = new Stealing(routing, { steal, now: options.clock.now() });
    // hints cannot leave a tenant out
    this.#spare = new SpareSlots(options.transport.driver === "postgres" ? concurrency : 0);
    this.#pace = new Pace(options.clock, () => this.#pump());
    this.#most = options.exchanges ?? EXCHANGES;
  }

  start(): void {
    void this.#listen();
    this.#pump();
  }

  /** Resolves when a drained loop has nothing left to do. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** How many steps have a slot. */
  get inFlight(): number {
    return this.#held.started;
  }

  /** For how long the database has not answered. */
  get silentMs(): number {
    return this.#silentSince === undefined ? 0 : this.#options.clock.now() - this.#silentSince;
  }

  /** Claims nothing more, gives back what has no slot; `done` resolves when what runs has ended and is settled. */
  drain(): void {
    this.#draining = true;
    this.#giveBackWaiting();
    this.#pump();
  }

  /** Claims nothing until told otherwise; what runs goes on, and so does the loop. */
  pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.#giveBackWaiting();
    else this.#look = true;
    this.#pump();
  }

  /** Tells every handler to stop: what runs, and what a claim that is on its way still brings. */
  stopAll(reason: StopReason): void {
    this.#stopReason = reason;
    this.#giveBackWaiting();
    for (const running of this.#held.all()) running.stop(reason);
    this.#pump();
  }

  get #isClaiming(): boolean {
    return !this.#draining && !this.#paused && this.#stopReason === undefined;
  }

  /** Wakes up the loop at each ring, and once a second without. */
  async #listen(): Promise<void> {
    const { transport, random } = this.#options;
    const { signal } = this.#closing;
    while (!this.#isDone) {
      const since = transport.rings;
      await transport.wait({ since, ms: pollMs(random), signal });
      this.#look = this.#lookSpare = true;
      this.#pump();
    }
  }

  #soon(): void {
    if (this.#pumpSoon) return;
    this.#pumpSoon = true;
    // what ends in this same moment goes in the same exchange
    this.#options.clock.soon(() => {
      this.#pumpSoon = false;
      this.#pump();
    });
  }

  /** Does what is due and sends what there is to say. */
  #pump(): void {
    if (this.#isDone) return;
    const now = this.#options.clock.now();
    this.#expire(now);
    this.#options.metrics.set("nofx_steps_in_flight", this.#held.started);
    if (this.#unknown) {
      if (this.#isQuiet() && !this.#isIdle()) void this.#recover();
    } else {
      const most = this.#failures > 0 ? 1 : this.#most;
      while (this.#failures === 0 && this.#sendSpare(now)) {
        // alone, because what a flood has to say would be waited for
      }
      while (this.#underWay.exchanges < most && this.#send(now)) {
        // until there is nothing to say or no exchange free
      }
    }
    if (this.#isIdle()) {
      this.#isDone = true;
      this.#cancelAlarm();
      this.#closing.abort();
      this.#done.resolve();
    } else {
      this.#setAlarm(now);
    }
  }

  #isIdle(): boolean {
    return this.#draining && this.#held.size === 0 && this.#outbox.isEmpty && this.#isQuiet();
  }

  /** Nothing is under way. */
  #isQuiet(): boolean {
    return this.#underWay.exchanges + this.#spareUnderWay.exchanges === 0;
  }

  #expire(now: number): void {
    for (let one = this.#held.runOut(now); one !== undefined; one = this.#held.runOut(now)) {
      one.stop("lease_lost");
      if (!one.isStarted) this.#giveBack(one);
    }
    for (let one = this.#held.due(now); one !== undefined; one = this.#held.due(now)) {
      if (!one.isStarted) this.#giveBack(one);
      else if (!one.isLost) this.#toRenew.push(one);
    }
  }

  #send(now: number): boolean {
    const renewals = this.#toRenew.filter((one) => one.leaseDue !== undefined && !one.isLost);
    const want = this.#want(now, renewals.length);
    if (this.#outbox.waiting + renewals.length + want === 0) return false;
    if (renewals.length === 0 && this.#isBesideFlood(now) && this.#pace.holds(now)) return false;
    this.#toRenew = [];
    const settlements = this.#outbox.send();
    this.#pace.sent(now);
    if (want > 0) this.#look = false;
    void this.#exchange({ settlements, renewals, want });
    return true;
  }

  /** Others have steps too, and more of what fills the slots is queued; without claims ahead, slots would wait for the next exchange. */
  #isBesideFlood(now: number): boolean {
    const isPlenty = this.#plenty && this.#isClaiming && this.#ahead.isAllowed;
    return isPlenty && this.#spare.large(now).size > 0;
  }

  /** Claims for the slots that are kept, of other tenants than those that have most of the slots. */
  #sendSpare(now: number): boolean {
    if (!this.#lookSpare || !this.#isClaiming || this.#spareUnderWay.exchanges >= SPARE_CLAIMS) {
      return false;
    }
    const large = this.#spare.large(now);
    if (large.size === 0) return false;
    const free = this.#options.concurrency - this.#held.started;
    // what others under way claim for is theirs, but not what is kept
    const open = Math.min(free, Math.max(free - this.#underWay.asked, this.#spare.kept(now)));
    const soon = open + this.#ahead.ending(SOON_MS, now);
    const left = soon - this.#held.waitingBeside(large) - this.#spareUnderWay.asked;
    const want = Math.min(left, Math.ceil(soon / SPARE_CLAIMS));
    if (want <= 0) return false;
    this.#lookSpare = false;
    void this.#exchange({ settlements: [], renewals: [], want, not: [...large] });
    return true;
  }

  /** How much to claim with what there is to say, or because there may be something. */
  #want(now: number, renewals: number): number {
    if (!this.#isClaiming) return 0;
    if (!this.#look && !this.#plenty && this.#outbox.waiting + renewals === 0) return 0;
    // a second claim would wait for the same store, and the first would take longer
    const atATime = this.#ahead.isStoreSlow ? 1 : this.#most;
    if (atATime === 1 && this.#underWay.asked > 0) return 0;
    const { concurrency } = this.#options;
    const slots = concurrency - this.#spare.kept(now);
    const stretch = this.#plenty ? this.#options.stretch?.() : 1;
    const isPaced = this.#isBesideFlood(now);
    const ahead = this.#ahead.count(slots - this.#held.started, now, stretch);
    const all =
      slots + (isPaced ? Math.max(ahead, this.#ahead.ending(PACE_MS + SOON_MS, now)) : ahead);
    const left = all - this.#held.size - this.#underWay.asked;
    if (left <= 0) return 0;
    // where there is plenty, half at a time: one half is claimed while the other is worked on
    return this.#plenty && atATime > 1 && !isPaced ? Math.min(left, Math.ceil(all / 2)) : left;
  }

  async #exchange(sent: Sent): Promise<void> {
    const { clock, engine, transport, leaseMs, version, handlers } = this.#options;
    const { settlements, renewals, not } = sent;
    const over = (not === undefined ? this.#underWay : this.#spareUnderWay).begin(sent.want);
    try {
      const routing =
        not === undefined ? this.#stealing.routing(clock.now()) : { ...this.#options.routing, not };
      const route = sent.want > 0 ? await transport.route(sent.want, routing) : undefined;
      if (route === undefined) sent.want = 0;
      if (sent.want + settlements.length + renewals.length > 0) {
        const sentAt = clock.now();
        const answer = await engine.exchange({
          version,
          handlers,
          settlements,
          renewals: renewals.map((running) => running.held),
          want: sent.want,
          leaseMs,
          route: this.#shared(route),
        });
        transport.claimed(route, answer);
        this.#answered(sent, answer, { sentAt, routing });
      } else {
        if (not === undefined) this.#plenty = false;
        this.#outbox.answered(settlements);
      }
    } catch (error) {
      this.#failed(sent, error);
    }
    // what was claimed is held by now
    over();
    this.#soon();
  }

  /** Many workers that claim from one line of steps tell each other how far it is claimed. */
  #shared(route: Route | undefined): Route | undefined {
    const freshMs = this.#options.freshMs?.();
    return route === undefined || freshMs === undefined ? route : { ...route, fresh_ms: freshMs };
  }

  #answered(
    { settlements, renewals, want, not }: Sent,
    answer: ExchangeAnswer,
    { sentAt, routing }: { sentAt: number; routing: Routing | undefined },
  ): void {
    const { engine, metrics, leaseMs, clock } = this.#options;
    this.#failures = 0;
    this.#silentSince = undefined;
    this.#outbox.answered(settlements);
    countAnswer(metrics, { settlements, answer, leaseMs });
    if (renewals.length > 0) this.#renewed(renewals, answer, sentAt);
    const { claimed, settled } = answer;
    if (not !== undefined) {
      if (claimed.length >= want) this.#lookSpare = true;
    } else if (want > 0) {
      this.#ahead.answered(clock.now() - sentAt, claimed.length);
      this.#plenty = claimed.length >= want;
      if (this.#stealing.looked(routing, claimed.length, clock.now())) this.#look = true;
    }
    if (claimed.length > 0) this.#take(claimed.map((step) => new RunningStep(step, sentAt)));
    if (settled.for_agents > 0 || settled.for_workers > claimed.length) engine.ring();
  }

  #renewed(renewals: readonly RunningStep[], answer: ExchangeAnswer, sentAt: number): void {
    const attempts = Map.groupBy(renewals, (running) => running.held.stepId);
    for (const row of answer.renewed) {
      // of two attempts of one step the later one is the one that may be held
      const running = attempts.get(row.step_id)?.at(row.held ? -1 : 0);
      if (running === undefined) continue;
      if (row.held) this.#held.renewed(running, sentAt);
      else running.stop("lease_lost");
      if (row.cancel_requested) running.stop("cancelled");
    }
  }

  #take(claims: readonly RunningStep[]): void {
    const { metrics, clock } = this.#options;
    const now = clock.now();
    for (const running of claims) {
      if (!this.#held.add(running)) metrics.count("nofx_claim_conflicts_total");
      this.#spare.came(running.step.tenant_id, now);
    }
    this.#expire(now);
    this.#fill();
    this.#held.watch(claims);
    if (!this.#isClaiming) this.#giveBackWaiting();
  }

  #fill(): void {
    if (this.#stopReason !== undefined) return;
    while (this.#held.started < this.#options.concurrency) {
      const now = this.#options.clock.now();
      // of those that have little first: others have slots already
      const running =
        this.#held.next(this.#spare.large(now)) ?? this.#held.next(this.#spare.full(now));
      if (running === undefined) return;
      this.#spare.started(running.step.tenant_id);
      const { earlier } = running;
      // Two attempts of one step never overlap in one process: an earlier one may still be dying.
      if (earlier === undefined) void this.#run(running);
      else void earlier.ended.then(() => this.#run(running));
    }
  }

  async #run(running: RunningStep): Promise<void> {
    const { clock, metrics, execute, random } = this.#options;
    const startedAt = clock.now();
    const result =
      running.reason === undefined ? await execute(running) : ({ type: "stopped" } as const);
    const now = clock.now();
    const { kind, tenant_id } = running.step;
    this.#held.remove(running);
    this.#spare.ended(tenant_id, now);
    this.#ahead.ended(kind, now - startedAt, now);
    metrics.observeStep(kind, result.type, (now - startedAt) / 1_000);
    const settlement = settlementOf(running.step, result, random);
    if (settlement !== undefined) this.#outbox.push(settlement);
    if (!this.#spare.large(now).has(tenant_id)) this.#pace.hurry();
    if (result.type === "stopped" && running.isLost) metrics.count("nofx_leases_lost_total");
    this.#fill();
    this.#soon();
  }

  #giveBack(running: RunningStep): void {
    this.#held.remove(running);
    this.#outbox.push({ ...running.held, outcome: "released" });
  }

  #giveBackWaiting(): void {
    for (const running of this.#held.waiting()) this.#giveBack(running);
  }

  #failed({ settlements, renewals }: Sent, error: unknown): void {
    const { clock, metrics, onError } = this.#options;
    metrics.count("nofx_exchange_errors_total");
    if (this.#failures === 0) onError(error);
    this.#failures += 1;
    this.#unknown = true;
    this.#silentSince ??= clock.now();
    this.#outbox.failed(settlements);
    for (const running of renewals) this.#held.notRenewed(running, clock.now());
  }

  /** An exchange that failed may have claimed all the same, and its answer be lost. */
  async #recover(): Promise<void> {
    if (this.#recovering) return;
    this.#recovering = true;
    const { clock, engine, metrics, random } = this.#options;
    while (this.#unknown && !this.#isDone) {
      const ms = Math.min(SLOWEST_RETRY_MS, 100 * 2 ** this.#failures) * (0.5 + random() / 2);
      await clock.sleep(ms);
      try {
        const released = await engine.disown([...this.#held.claims(), ...this.#outbox.claims()]);
        if (released > 0) metrics.count("nofx_leases_lost_total", {}, released);
        this.#unknown = false;
        this.#silentSince = undefined;
      } catch {
        metrics.count("nofx_exchange_errors_total");
        this.#failures += 1;
      }
    }
    this.#recovering = false;
    this.#look = true;
    this.#pump();
  }

  #setAlarm(now: number): void {
    const next = this.#held.nextDue;
    if (next >= this.#alarmAt) return;
    this.#cancelAlarm();
    this.#alarmAt = next;
    this.#cancelAlarm = this.#options.clock.timer(Math.max(0, next - now), () => {
      this.#alarmAt = Infinity;
      this.#pump();
    });
  }
}

import type { Seams } from "@nofx/core/seams";
import { createDatabase, createPool } from "@nofx/db/client";
import * as leases from "@nofx/db/leases";
import { capabilityDemand, queueStats, type DemandRecord, type QueueStats } from "@nofx/db/queries";
import type { SessionWith } from "@nofx/core/vocabulary";
import type { DB } from "@nofx/db/types";
import type { EvidenceStore } from "../agents/fold-evidence.ts";
import { createAuditStore, type AuditStore } from "../audit/audit-store.ts";
import { fromDatabaseError } from "../command/database-errors.ts";
import { createPushStore, type PushStore } from "../push/push-store.ts";
import { createSchedulerStore, type SchedulerStore } from "../schedules/scheduler-store.ts";
import { system } from "../seams/system.ts";
import { runSession, type SessionAnswer } from "../sessions/index.ts";
import { coalesceCheckpoints } from "./coalesce-checkpoints.ts";
import { endOverdue } from "./end-overdue.ts";
import { createRelayStore, type RelayStore } from "./relay-store.ts";
import { createMessageKeeper, type MessageKeeper } from "../redaction/message-keeper.ts";
import { openWait } from "../messages/open-wait.ts";
import type { KeyEncryptionKeys } from "../vault/vault.ts";
import { createRinger } from "./ringer.ts";

export type {
  Archived,
  AnnouncedArtifact,
  ApprovalQuestion,
  ArtifactFile,
  ArtifactRow,
  BeatAnswer,
  Greeting,
  ClaimedStepRow,
  Dispatchable,
  DispatchableRequest,
  EngineStats,
  ExchangeAnswer,
  Nudge,
  Renewal,
  RequestedApproval,
  Route,
  SealedTenant,
  Settlement,
  StepFailure,
  StepLogLine,
  WaitAnswer,
  WaitOption,
  WorkerBeat,
  WorkerIntroduction,
} from "@nofx/db/leases";
export type { DemandRecord, QueueStats } from "@nofx/db/queries";
export { MAX_LINE } from "@nofx/db/leases";

/** A claim as the worker holds it. */
export interface HeldStep {
  readonly stepId: string;
  readonly epoch: number;
}

type Exchange = Omit<leases.ExchangeRequest, "worker">;

/**
 * The engine as a worker sees it: its own login, one statement a call, errors as NofxError (`lease_lost` where the
 * fence refuses, `unavailable` where the database does not answer).
 */
export interface WorkerEngine {
  readonly worker: string;
  /** `settled.results` says nothing of what settled and succeeded. */
  exchange(request: Exchange): Promise<leases.ExchangeAnswer>;
  /** What a dispatcher may tell a transport of. */
  dispatchable(request: leases.DispatchableRequest): Promise<leases.Dispatchable>;
  /** After a call that was not answered: gives back what it may have claimed without this worker's knowing. */
  disown(held: readonly HeldStep[]): Promise<number>;
  appendLogs(held: HeldStep, lines: readonly leases.StepLogLine[]): Promise<number>;
  /** Stores a named result once; answers what is stored under the name. */
  checkpoint(held: HeldStep, name: string, value: unknown): Promise<leases.CheckpointRow>;
  requestApproval(
    held: HeldStep,
    question: leases.ApprovalQuestion,
  ): Promise<leases.RequestedApproval>;
  /** Waits for the first of these; when it must be waited for, the step is on hold and no longer this worker's. */
  wait(
    held: HeldStep,
    name: string,
    options: readonly leases.WaitOption[],
  ): Promise<leases.WaitAnswer>;
  /** Takes a session as far as it goes; when it waits for its agents, the step is on hold and no longer this worker's. */
  session(held: HeldStep, args: SessionWith): Promise<SessionAnswer>;
  beginArtifact(held: HeldStep, file: leases.ArtifactFile): Promise<leases.AnnouncedArtifact>;
  finishArtifact(held: HeldStep, artifactId: string): Promise<leases.ArtifactRow | undefined>;
  reclaim(limit: number): Promise<number>;
  /** Reminds, asks the next group, and ends what nobody answered in time; answers how many ended. */
  expireApprovals(limit: number): Promise<number>;
  /** Fails queued steps whose time is over; answers how many. */
  expireDeadlines(limit: number): Promise<number>;
  /** Wakes steps whose timers are due, and frees those that were meant for agents who will not come; answers how many. */
  wakeTimers(limit: number): Promise<number>;
  /** Redrives what the running batches of dead letters allow now, so many a batch at most. */
  redriveBatches(limit: number): Promise<number>;
  /** Clears away what nobody asks for any more. */
  prune(limit: number): Promise<number>;
  /** Frees what is reserved in budgets by those who were not heard of in time; answers how many. */
  sweepBudgets(limit: number): Promise<number>;
  /** Ends calls of models that nobody ends, and deletes what was kept of calls for long enough. */
  sweepModelCalls(limit: number): Promise<number>;
  /** Moves finished runs that are past their policy to the history, about so many. */
  archive(limit: number): Promise<leases.Archived>;
  deleteHistory(limit: number): Promise<leases.DeletedHistory>;
  pruneEvents(limit: number): Promise<number>;
  /** Destroys secrets of the vault whose overlap is over. */
  destroyEndedKeys(limit: number): Promise<number>;
  /** Files of deleted artifacts; each comes again until `filesGone` names it. */
  filesToRemove(limit: number): Promise<leases.FileToRemove[]>;
  filesGone(paths: readonly string[]): Promise<void>;
  /** What holds for tenants that have not said otherwise. */
  setPlaneRetention(policy: Readonly<Record<string, number | null>>): Promise<void>;
  /** Fails what agents hold for longer than its own time allows. */
  endOverdue(limit: number): Promise<number>;
  /** This process takes up work under its name. */
  hello(who: leases.WorkerIntroduction): Promise<leases.Greeting>;
  beat(beat: leases.WorkerBeat): Promise<leases.BeatAnswer>;
  bye(pid: number): Promise<void>;
  pruneWorkers(limit: number): Promise<number>;
  /** Fails claimable steps that no worker has had code for, for that long. */
  endStranded(seconds: number, limit: number): Promise<number>;
  /** The numbers of the whole plane. */
  stats(): Promise<leases.EngineStats>;
  /** What each queue of the plane holds and does. */
  queueStats(): Promise<QueueStats>;
  /** How much there is to do for each capability of each tenant, and who is there to do it. */
  capabilityDemand(): Promise<DemandRecord[]>;
  /** Attempts of agents, to be folded into what is known of them. */
  readonly evidence: EvidenceStore;
  seal(limit: number): Promise<leases.SealedTenant[]>;
  auditSealed(): Promise<number>;
  nudge(nudges: readonly leases.Nudge[]): Promise<void>;
  /** What the relay of webhooks works with. */
  readonly relay: RelayStore;
  /** What the poster of steps to agents that are functions works with. */
  readonly push: PushStore;
  /** What keeps messages no longer than they may be. */
  readonly messages: MessageKeeper;
  /** What signs and ships the audit works with. */
  readonly audit: AuditStore;
  /** What the scheduler works with. */
  readonly schedules: SchedulerStore;
  /** Tells every process that there may be something to claim. */
  ring(): void;
  close(): Promise<void>;
}

/** As many exchanges of one worker are under way at a time. */
const EXCHANGES = 4;
const KEEP_MS = 600_000;

export function createWorkerEngine(options: {
  connectionString: string;
  worker: string;
  /** Connections at most, beside those of exchanges. */
  max?: number;
  seams?: Pick<Seams, "clock" | "random">;
  /** Where this process runs, as sessions note it. */
  region?: string | undefined;
  /** What opens the messages that steps wait for. */
  keks?: KeyEncryptionKeys | undefined;
}): WorkerEngine {
  const { connectionString, worker, max = 8, seams = system, region, keks } = options;
  const pool = createPool({ connectionString, applicationName: worker, max, min: 1 });
  const db = createDatabase<DB>(pool);
  // A connection plans each statement of an exchange once, dozens of milliseconds in all: few connections do so, and they are kept.
  const exchanges = createPool({
    connectionString,
    applicationName: worker,
    max: Math.min(EXCHANGES, max),
    idleTimeoutMillis: KEEP_MS,
  });
  const ring = createRinger(pool, seams.clock, "ring");
  const call = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw fromDatabaseError(error);
    }
  };
  const store = coalesceCheckpoints({
    one: (item) =>
      call(leases.checkpoint(pool, { ...item, tenantId: null }, item.name, item.value)),
    many: (items) => call(leases.checkpoints(pool, items)),
  });
  const claim = (held: HeldStep) => ({ stepId: held.stepId, epoch: held.epoch, tenantId: null });
  return {
    worker,
    ring,
    exchange: (request) => call(leases.exchangeBriefly(exchanges, { ...request, worker })),
    dispatchable: (request) => call(leases.dispatchable(db, request)),
    disown: (held) => call(leases.disown(db, worker, held)),
    appendLogs: (held, lines) => call(leases.appendLogs(db, claim(held), lines)),
    checkpoint: (held, name, value) => store({ ...held, name, value }),
    requestApproval: (held, question) => call(leases.requestApproval(db, claim(held), question)),
    wait: async (held, name, options) =>
      call(openWait(db, { keks }, null, await call(leases.wait(db, claim(held), name, options)))),
    session: async (held, args) => {
      const answer = await call(runSession(db, { random: seams.random, region }, held, args));
      if (answer.freed > 0) ring();
      return answer;
    },
    beginArtifact: (held, file) => call(leases.beginArtifact(db, claim(held), file)),
    finishArtifact: (held, id) => call(leases.finishArtifact(db, claim(held), id)),
    reclaim: (limit) => call(leases.reclaim(db, limit)),
    expireApprovals: async (limit) => {
      await call(leases.remindApprovals(db, limit));
      return call(leases.expireApprovals(db, limit));
    },
    redriveBatches: async (limit) => (await call(leases.redriveBatches(db, limit))).redriven,
    expireDeadlines: (limit) => call(leases.expireDeadlines(db, limit)),
    wakeTimers: async (limit) => {
      const { woken } = await call(leases.wakeTimers(db, limit));
      return woken + (await call(leases.freePreferred(db, limit)));
    },
    prune: (limit) => call(leases.prune(db, limit)),
    sweepBudgets: (limit) => call(leases.sweepBudgets(db, limit)),
    sweepModelCalls: (limit) => call(leases.sweepModelCalls(db, limit)),
    archive: (limit) => call(leases.archive(db, limit)),
    deleteHistory: (limit) => call(leases.deleteHistory(db, limit)),
    pruneEvents: (limit) => call(leases.pruneEvents(db, limit)),
    destroyEndedKeys: (limit) => call(leases.destroyEndedKeys(db, limit)),
    filesToRemove: (limit) => call(leases.filesToRemove(db, limit)),
    filesGone: (paths) => call(leases.filesGone(db, paths)),
    setPlaneRetention: (policy) => call(leases.setPlaneRetention(db, policy)),
    endOverdue: (limit) => call(endOverdue(db, limit, seams.random)),
    hello: (who) => call(leases.workerHello(db, worker, who)),
    beat: (beat) => call(leases.workerBeat(db, worker, beat)),
    bye: (pid) => call(leases.workerBye(db, worker, pid)),
    pruneWorkers: (limit) => call(leases.pruneWorkers(db, limit)),
    endStranded: (seconds, limit) => call(leases.endStranded(db, seconds, limit)),
    stats: () => call(leases.stats(db)),
    queueStats: () => call(queueStats(db, null)),
    capabilityDemand: () => call(capabilityDemand(db, null)),
    evidence: {
      next: (limit) => call(leases.agentEvidence(db, limit)),
      fold: (folded) => call(leases.foldAgentEvidence(db, folded)),
      prune: (limit) => call(leases.pruneAgentPresence(db, limit)),
    },
    seal: (limit) => call(leases.seal(db, limit)),
    auditSealed: () => call(leases.auditSealed(db)),
    nudge: (nudges) => call(leases.nudge(db, nudges)),
    relay: createRelayStore(db, worker, call),
    push: createPushStore(db, call),
    messages: createMessageKeeper(db, { keks, clock: seams.clock }),
    audit: createAuditStore(db, call),
    schedules: createSchedulerStore(db, call),
    close: async () => {
      await Promise.all([pool.end(), exchanges.end()]);
    },
  };
}

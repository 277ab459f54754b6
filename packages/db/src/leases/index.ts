export {
  agentEvidence,
  foldAgentEvidence,
  pruneAgentPresence,
  type AgentEvidence,
  type FoldedEvidence,
} from "./agent-evidence.ts";
export { agentWork, keysToCheck } from "./agent-work.ts";
export { answerWait, type AnsweredWait } from "./answer-wait.ts";
export { appendLogs, MAX_LINE, type StepLogLine } from "./append-logs.ts";
export {
  announcedArtifact,
  beginArtifact,
  finishArtifact,
  type ArtifactFile,
} from "./artifacts.ts";
export {
  checkpoint,
  checkpoints,
  type CheckpointItem,
  type CheckpointRefused,
  type CheckpointRow,
  type Undo,
} from "./checkpoint.ts";
export {
  digestsDue,
  digestShipped,
  digestsToShip,
  keepDigests,
  snapshotsToStore,
  snapshotStored,
  type KeptDigests,
  type SnapshotToStore,
} from "./audit.ts";
export { claimForAgent } from "./claim-for-agent.ts";
export type { AnnouncedArtifact, ArtifactRow, ClaimedStepRow } from "./claimed-step.ts";
export { describeHeld } from "./describe-held.ts";
export { destroyEndedKeys } from "./destroy-ended-keys.ts";
export { disown } from "./disown.ts";
export { emitEvent, type Emitted, type StepEvent } from "./emit-event.ts";
export type { Claim, EngineDb, Executor, Freed } from "./engine-db.ts";
export { expireDeadlines } from "./expire-deadlines.ts";
export {
  dispatchEvidence,
  freePreferred,
  keepDecision,
  keepLearnt,
  noteStrategyOutcome,
  preferAgents,
} from "./dispatch.ts";
export { dispatchable, type Dispatchable, type DispatchableRequest } from "./dispatchable.ts";
export {
  exchange,
  exchangeBriefly,
  ExchangeAnswer,
  type ExchangeRequest,
  type ClaimCursor,
  type Route,
} from "./exchange.ts";
export { expireApprovals } from "./expire-approvals.ts";
export { openLeaderSession, type LeaderSession } from "./leadership.ts";
export { prune } from "./prune.ts";
export { nudge, type Nudge } from "./nudge.ts";
export { overdue, type OverdueStep } from "./overdue.ts";
export { pushClaim, pushNoted, type PushAsk, type PushLease, type PushOutcome } from "./push.ts";
export { reclaim } from "./reclaim.ts";
export {
  relayClaim,
  relayDelivered,
  relayDigested,
  relayFailed,
  relayNotice,
  relayPrune,
  relayRelease,
  type RelayAttempt,
  type RelayEvent,
  type RelayHold,
  type RelayLease,
  type RelayNotice,
} from "./relay.ts";
export { remindApprovals } from "./remind-approvals.ts";
export { redriveBatches } from "./redrive-batches.ts";
export { renew, type Renewal, type RenewedRow } from "./renew.ts";
export {
  requestApproval,
  type ApprovalQuestion,
  type RequestedApproval,
} from "./request-approval.ts";
export {
  dueSchedules,
  fireSchedules,
  pruneFirings,
  type DueSchedule,
  type DueSchedules,
  type FiredSchedules,
  type FiringDraft,
} from "./schedules.ts";
export { auditSealed, seal, type SealedTenant } from "./seal.ts";
export {
  archive,
  deleteHistory,
  filesGone,
  filesToRemove,
  pruneEvents,
  setPlaneRetention,
  type Archived,
  type DeletedHistory,
  type FileToRemove,
} from "./retention.ts";
export {
  beginTool,
  endTool,
  requestToolApproval,
  type BegunTool,
  type ToolQuestion,
} from "./tools.ts";
export { settle } from "./settle.ts";
export type { SettleAnswer, Settlement, StepFailure } from "./settlement.ts";
export { stats, type EngineStats } from "./stats.ts";
export {
  endStranded,
  pruneWorkers,
  workerBeat,
  workerBye,
  workerHello,
  type BeatAnswer,
  type Greeting,
  type WorkerBeat,
  type WorkerIntroduction,
} from "./workers.ts";
export {
  beginSession,
  cancelChildren,
  costOfSession,
  keepVerdict,
  lockForSession,
  readSession,
  saveSession,
  waitForChildren,
  type KnownSession,
  type NewSession,
  type SessionClaim,
  type SessionQuotas,
} from "./sessions.ts";
export { sendEvent, type EventFromOutside, type SentEvent } from "./send-event.ts";
export { sendMessage, type MessageToStep, type SentMessage } from "./send-message.ts";
export { spawn, type ChildDraft, type SpawnRefusal, type Spawned } from "./spawn.ts";
export { MetPayload, wait, type WaitAnswer, type WaitOption } from "./wait.ts";
export { sweepBudgets } from "./sweep-budgets.ts";
export { sweepModelCalls } from "./sweep-model-calls.ts";
export { wakeTimers } from "./wake-timers.ts";

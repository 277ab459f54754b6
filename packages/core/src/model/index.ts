export { answerWait } from "./answer-wait.ts";
export { beginUndo, undoableOf, UNDO_MAX_FAILURES } from "./begin-undo.ts";
export { cancelRun } from "./cancel-run.ts";
export { checkpoint, type Stored } from "./checkpoint.ts";
export { childrenOf } from "./children-ended.ts";
export { claim, claimable, isLastChance, type ClaimOptions } from "./claim.ts";
export { enqueueRun, type RunSpec, type StepSpec } from "./enqueue-run.ts";
export { forkRun, type Fork, type ForkResult } from "./fork-run.ts";
export { UNDO_GRAPH_LIMIT, orderUndo, type UndoEdge, type Undoable } from "./order-undo.ts";
export { pauseRun, resumeRun } from "./pause-run.ts";
export { reclaim } from "./reclaim.ts";
export { redrive, type RedriveResult } from "./redrive.ts";
export { renew, type Renewed } from "./renew.ts";
export { decideApproval, requestApproval } from "./request-approval.ts";
export {
  attemptOf,
  leaseRuns,
  runOf,
  stepNamed,
  stepOf,
  stepsOf,
  type ModelClaim,
  type ModelExecutor,
} from "./rows.ts";
export { sendEvent, type EventSent } from "./send-event.ts";
export { sendMessage, type MessageAnswer, type MessageSent } from "./send-message.ts";
export { fail, settle, type ModelSettlement, type Settled } from "./settle.ts";
export { spawn, type Spawned } from "./spawn.ts";
export * from "./state.ts";
export { expireDeadlines, nextDue, strandSteps, sweep, wakeTimers } from "./sweep.ts";
export { wait, type WaitAnswer, type WaitOption } from "./wait.ts";

export { appendLogs } from "./append-logs.ts";
export { askApproval } from "./ask-approval.ts";
export { beginArtifact } from "./begin-artifact.ts";
export { checkpoint } from "./checkpoint.ts";
export { claimSteps, type ClaimOptions } from "./claim.ts";
export { completeArtifact } from "./complete-artifact.ts";
export { createBell, createDoorbell, pollMs, silentDoorbell, type Doorbell } from "./doorbell.ts";
export { metWaitOf } from "./met-wait.ts";
export { heartbeat } from "./heartbeat.ts";
export { LEASE_SECONDS } from "./lease-seconds.ts";
export { completeStep, failStep, releaseStep } from "./settle.ts";
export { questionDigest } from "../tools/tool-digest.ts";
export { spawnChildren } from "./spawn.ts";
export { waitOptionsOf, type WaitRequestOption } from "./wait-options.ts";
export type {
  RelayAttempt,
  RelayEvent,
  RelayHold,
  RelayLease,
  RelayNotice,
  RelayStore,
} from "./relay-store.ts";
export * from "./worker-engine.ts";

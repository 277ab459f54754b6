import { z } from "zod";

/** Every event type, `entity.past-verb`. Events carry ids, enums, numbers and digests, never content. */
export const EventType = z.enum([
  "backlog.imported",
  "plan.created",
  "plan.ready",
  "plan.blocked",
  "plan.approved",
  "plan.superseded",
  "plan.cancelled",
  "approval.requested",
  "approval.decided",
  "run.queued",
  "run.started",
  "run.succeeded",
  "run.failed",
  "run.cancelled",
  "steps.claimed",
  "steps.started",
  "steps.settled",
  "steps.reclaimed",
  "steps.released",
  "step.held",
  "step.cancelled",
  "step.logged",
  "step.progressed",
  "artifact.stored",
  "message.sent",
  "agent.registered",
  "events.sealed",
]);
export type EventType = z.infer<typeof EventType>;

/** Decisions, kept in the hash-chained `audit_log`. */
export const AuditVerb = z.enum([
  "backlog.imported",
  "plan.created",
  "plan.approved",
  "plan.cancelled",
  "verdict.given",
  "approval.requested",
  "approval.decided",
  "grant.consumed",
  "run.started",
  "run.ended",
  "run.cancelled",
  "agent.registered",
  "agent_key.issued",
  "agent_key.revoked",
  "setting.changed",
  "events.sealed",
]);
export type AuditVerb = z.infer<typeof AuditVerb>;

/** Realtime topics. A nudge on a topic says "there is something newer than you have", never what. */
export const topicOf = {
  tenant: (tenantId: string) => `tenant:${tenantId}`,
  run: (runId: string) => `run:${runId}`,
  approvals: (tenantId: string) => `approvals:${tenantId}`,
} as const;

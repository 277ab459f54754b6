import type { EventType } from "../vocabulary/index.ts";
import type { PayloadOf } from "./message-types.ts";

/** A recognisable uuid version 7, for examples and tests. */
export function uuid(n: number): string {
  return `01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

const step = { step_id: uuid(20), run_id: uuid(21) };
const held = { steps: [{ ...step, epoch: 1 }] };
const letter = {
  dead_letter_id: uuid(27),
  ...step,
  stage: "execute" as const,
  reason: "retries_exhausted" as const,
  version: 1,
};
const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** One payload of each type, as the engine and the commands write it. */
export const EXAMPLE_PAYLOADS: { readonly [T in EventType]: PayloadOf<T> } = {
  "backlog.imported": { pack: "release-train", items: 12, created: 10, updated: 2 },
  "plan.created": { plan_id: uuid(22), digest },
  "plan.ready": { plan_id: uuid(22), digest, verdict: "warn" },
  "plan.blocked": { plan_id: uuid(22), digest, verdict: "block" },
  "plan.approved": { plan_id: uuid(22), digest },
  "plan.superseded": { plan_id: uuid(22) },
  "plan.cancelled": { plan_id: uuid(22) },
  "approval.requested": { approval_id: uuid(23), subject: "plan", plan_id: uuid(22) },
  "approval.decided": {
    approval_id: uuid(23),
    subject: "step",
    ...step,
    decision: "approve",
    status: "approved",
  },
  "approval.voted": {
    approval_id: uuid(23),
    subject: "tool",
    ...step,
    decision: "approve",
    people: 1,
    quorum: 2,
  },
  "approval.commented": {
    approval_id: uuid(23),
    subject: "tool",
    ...step,
    comment_id: uuid(36),
  },
  "approval.reminded": { approval_id: uuid(23), subject: "plan", plan_id: uuid(22) },
  "approval.escalated": { approval_id: uuid(23), subject: "tool", ...step, group: "owners" },
  "grant.consumed": {
    grant_id: uuid(37),
    approval_id: uuid(23),
    tool_run_id: uuid(38),
    ...step,
  },
  "tasks.queued": { count: 2, runs: [uuid(21), uuid(28)] },
  "run.queued": { run_id: uuid(21), plan_id: uuid(22) },
  "run.started": { run_id: uuid(21) },
  "run.succeeded": { run_id: uuid(21) },
  "run.failed": { run_id: uuid(21) },
  "run.cancelled": { run_id: uuid(21) },
  "run.cancel_requested": { run_id: uuid(21) },
  "run.paused": { run_id: uuid(21) },
  "run.resumed": { run_id: uuid(21) },
  "run.forked": { run_id: uuid(28), forked_from: uuid(21), kept: 4 },
  "run.compensating": { run_id: uuid(21), outcome: "failed", undo: 3 },
  "run.compensated": { run_id: uuid(21) },
  "run.compensation_failed": { run_id: uuid(21) },
  "dead_letter.added": letter,
  "dead_letter.triaged": letter,
  "dead_letter.redriven": { ...letter, redrive_run: uuid(28) },
  "dead_letter.resolved": { ...letter, redrive_run: uuid(28) },
  "dead_letter.discarded": letter,
  "redrive_batch.started": { batch_id: uuid(29), total: 500 },
  "redrive_batch.ended": {
    batch_id: uuid(29),
    status: "done",
    succeeded: 498,
    failed: 1,
    skipped: 1,
  },
  "steps.claimed": { executor: "worker", worker: "worker-1@host", ...held },
  "steps.started": held,
  "steps.settled": {
    run_id: uuid(21),
    steps: [
      { ...step, attempt: 1, outcome: "failed", status: "queued", error_code: "exit_nonzero" },
      { ...step, attempt: 2, outcome: "succeeded", status: "succeeded" },
    ],
  },
  "steps.reclaimed": { steps: [{ ...step, epoch: 1, worker: "worker-1@host", status: "queued" }] },
  "steps.released": held,
  "step.held": { ...step, hold: "approval" },
  "step.refused": { ...step, epoch: 1, outcome: "succeeded" },
  "step.cancelled": { reason: "dependency_failed", steps: [step] },
  "step.logged": { ...step, lines: 3 },
  "step.progressed": held,
  "artifact.stored": { artifact_id: uuid(24), ...step, size: 1_024, sha256: digest },
  "message.sent": { message_id: uuid(25), run_id: uuid(21) },
  "wait.opened": { ...step, kinds: ["event", "timer"] },
  "wait.met": { ...step, wait_id: uuid(27), kind: "event" },
  "event.received": { event_id: uuid(28), waiting: 1 },
  "worker.started": {
    worker: "worker-1@host",
    version: "0.1.0",
    handlers: ["shell@1", "approval@1"],
    concurrency: 4,
  },
  "worker.draining": { worker: "worker-1@host", in_flight: 2 },
  "worker.stopped": { worker: "worker-1@host" },
  "worker.frozen": { worker: "worker-1@host", ...step, epoch: 1, seconds: 15 },
  "agent.registered": { agent_id: uuid(26), capabilities: ["code.patch"] },
  "schedule.missed": {
    schedule_id: uuid(34),
    outcome: "missed",
    count: 3,
    first: "2026-11-20T08:00:00Z",
    last: "2026-11-20T10:00:00Z",
  },
  "queue.paused": { rule_id: uuid(35), queue: "mail" },
  "queue.resumed": { rule_id: uuid(35), queue: "mail" },
  "rule.changed": { rule_id: uuid(35), plane: true, tenant: uuid(27), max_running: 8 },
  "webhook.tested": { webhook_id: uuid(30) },
  "webhook.disabled": { webhook_id: uuid(30), reason: "failing" },
  "events.sealed": { from: 1, to: 120, count: 120, root: digest },
  "audit.digest_signed": {
    n: 2,
    from: 81,
    to: 120,
    head_hash: digest,
    kid: "0123456789abcdef",
    signature: "A".repeat(86),
  },
};

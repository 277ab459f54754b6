import type { EventType } from "@nofx/core/vocabulary";

/** A part of what the screens show. `run` without an id means any run. */
export type Scope =
  | {
      of:
        | "backlog"
        | "plans"
        | "approvals"
        | "runs"
        | "deadLetters"
        | "workers"
        | "webhooks"
        | "schedules"
        | "queues"
        | "audit"
        | "gates"
        | "flags"
        | "keys"
        | "budgets"
        | "providers"
        | "models"
        | "routing"
        | "comparisons"
        | "agents";
    }
  | { of: "run" | "logs" | "artifacts" | "messages"; runId: string | null };

export interface Happening {
  type: EventType;
  runId: string | null;
}

/** What an event may have changed on screen. Total: a new event type without an answer does not compile. */
const SCOPES: Record<EventType, (runId: string | null) => Scope[]> = {
  "backlog.imported": () => [{ of: "backlog" }],
  "backlog.edited": () => [{ of: "backlog" }],
  "plan.created": () => [{ of: "plans" }, { of: "backlog" }],
  "plan.ready": () => [{ of: "plans" }],
  "plan.blocked": () => [{ of: "plans" }],
  "plan.approved": () => [{ of: "plans" }],
  "plan.superseded": () => [{ of: "plans" }, { of: "backlog" }],
  "plan.cancelled": () => [{ of: "plans" }, { of: "backlog" }],
  "approval.requested": (runId) => [
    { of: "approvals" },
    { of: "plans" },
    { of: "runs" },
    { of: "run", runId },
  ],
  "approval.decided": (runId) => [
    { of: "approvals" },
    { of: "plans" },
    { of: "runs" },
    { of: "run", runId },
  ],
  "approval.voted": () => [{ of: "approvals" }],
  "approval.commented": () => [{ of: "approvals" }],
  "approval.reminded": () => [{ of: "approvals" }],
  "approval.escalated": () => [{ of: "approvals" }],
  "grant.consumed": (runId) => [{ of: "run", runId }],
  "tasks.queued": () => [{ of: "runs" }, { of: "schedules" }],
  "run.queued": runChanged,
  "run.started": runChanged,
  "run.succeeded": runChanged,
  "run.failed": runChanged,
  "run.cancelled": runChanged,
  "run.cancel_requested": runChanged,
  "run.paused": runChanged,
  "run.resumed": runChanged,
  "run.forked": runChanged,
  "run.compensating": runChanged,
  "run.compensated": runChanged,
  "run.compensation_failed": runChanged,
  "steps.claimed": stepsMoved,
  "steps.started": stepsMoved,
  "steps.settled": stepsMoved,
  "steps.reclaimed": stepsMoved,
  "steps.released": stepsMoved,
  "step.held": stepsMoved,
  "step.refused": stepsMoved,
  "step.cancelled": stepsMoved,
  "step.progressed": (runId) => [{ of: "run", runId }],
  "step.logged": (runId) => [{ of: "logs", runId }],
  "artifact.stored": (runId) => [{ of: "artifacts", runId }],
  "message.sent": (runId) => [{ of: "messages", runId }],
  "message.redacted": (runId) => [{ of: "messages", runId }],
  "session.started": stepsMoved,
  "session.ended": stepsMoved,
  "wait.opened": stepsMoved,
  "wait.met": stepsMoved,
  "event.received": () => [],
  "dead_letter.added": deadLetterChanged,
  "dead_letter.triaged": deadLetterChanged,
  "dead_letter.redriven": deadLetterChanged,
  "dead_letter.resolved": deadLetterChanged,
  "dead_letter.discarded": deadLetterChanged,
  "redrive_batch.started": () => [{ of: "deadLetters" }],
  "redrive_batch.ended": () => [{ of: "deadLetters" }],
  "agent.registered": () => [{ of: "agents" }],
  "agent.changed": () => [{ of: "agents" }],
  "agent.endpoint_disabled": () => [{ of: "agents" }],
  "agent.status_changed": () => [{ of: "agents" }],
  "worker.started": () => [{ of: "workers" }],
  "worker.draining": () => [{ of: "workers" }],
  "worker.stopped": () => [{ of: "workers" }],
  "worker.frozen": (runId) => [{ of: "workers" }, { of: "run", runId }],
  "schedule.missed": () => [{ of: "schedules" }],
  "queue.paused": ruleChanged,
  "queue.resumed": ruleChanged,
  "rule.changed": () => [{ of: "queues" }],
  "gate.overridden": () => [{ of: "plans" }, { of: "gates" }, { of: "approvals" }],
  "gate_rule.changed": () => [{ of: "gates" }],
  "flag.changed": () => [{ of: "flags" }, { of: "plans" }],
  "budget.exhausted": (runId) => [{ of: "budgets" }, { of: "run", runId }],
  "budget.changed": () => [{ of: "budgets" }],
  "key.put": () => [{ of: "keys" }],
  "key.rotated": () => [{ of: "keys" }],
  "key.retired": () => [{ of: "keys" }],
  "provider.degraded": () => [{ of: "providers" }],
  "provider.healed": () => [{ of: "providers" }],
  "provider.changed": () => [{ of: "providers" }, { of: "models" }, { of: "routing" }],
  "model.changed": () => [{ of: "models" }, { of: "routing" }],
  "price.changed": () => [{ of: "models" }, { of: "routing" }],
  "routing_policy.changed": () => [{ of: "routing" }],
  "models.compared": () => [{ of: "comparisons" }],
  "webhook.tested": () => [{ of: "webhooks" }],
  "webhook.disabled": () => [{ of: "webhooks" }],
  "events.sealed": () => [],
  "audit.digest_signed": () => [{ of: "audit" }],
};

function runChanged(runId: string | null): Scope[] {
  return [{ of: "runs" }, { of: "plans" }, { of: "backlog" }, { of: "run", runId }];
}

function stepsMoved(runId: string | null): Scope[] {
  return [{ of: "runs" }, { of: "run", runId }, { of: "logs", runId }, { of: "artifacts", runId }];
}

function ruleChanged(runId: string | null): Scope[] {
  return [{ of: "queues" }, { of: "run", runId }];
}

function deadLetterChanged(runId: string | null): Scope[] {
  return [{ of: "deadLetters" }, { of: "run", runId }];
}

export function scopesOfEvent(event: Happening): Scope[] {
  return SCOPES[event.type]?.(event.runId) ?? [];
}

/** What may have changed when a topic is nudged before its events are readable. */
export function scopesOfTopic(topic: string): Scope[] {
  const kind = topic.slice(0, topic.indexOf(":"));
  if (kind === "approvals") return [{ of: "approvals" }];
  if (kind === "run") return [{ of: "run", runId: null }];
  return [
    { of: "backlog" },
    { of: "plans" },
    { of: "approvals" },
    { of: "runs" },
    { of: "deadLetters" },
    { of: "workers" },
    { of: "schedules" },
    { of: "queues" },
    { of: "audit" },
    { of: "gates" },
    { of: "flags" },
    { of: "keys" },
    { of: "budgets" },
    { of: "providers" },
    { of: "models" },
    { of: "routing" },
    { of: "comparisons" },
    { of: "agents" },
  ];
}

/** Whether a cached query, known by its tRPC key `[[router, procedure], {input}]`, shows something of a scope. */
export function isConcerned(queryKey: readonly unknown[], scopes: readonly Scope[]): boolean {
  const [path, rest] = queryKey;
  if (!Array.isArray(path)) return false;
  const [router, procedure] = path as string[];
  const runId = runIdOf(rest);
  return scopes.some((scope) => {
    switch (scope.of) {
      case "backlog":
      case "plans":
      case "approvals":
      case "deadLetters":
      case "workers":
      case "webhooks":
      case "schedules":
      case "queues":
      case "audit":
      case "gates":
      case "flags":
      case "keys":
      case "budgets":
      case "providers":
      case "models":
      case "routing":
      case "comparisons":
      case "agents":
        return router === scope.of;
      case "runs":
        return router === "runs" && procedure === "list";
      case "run":
        // What its steps wait for is read apart, and for all runs at once as well.
        if (router === "waits") return runId === undefined || sameRun(scope, runId);
        if (router === "hierarchy" || router === "sessions") return sameRun(scope, runId);
        return router === "runs" && isOneOf(procedure, ["get", "steps"]) && sameRun(scope, runId);
      case "messages":
        return router === "messages" && sameRun(scope, runId);
      case "logs":
      case "artifacts":
        return router === "runs" && procedure === scope.of && sameRun(scope, runId);
    }
  });
}

function isOneOf(value: string | undefined, options: readonly string[]): boolean {
  return value !== undefined && options.includes(value);
}

function sameRun(scope: { runId: string | null }, runId: string | undefined): boolean {
  return scope.runId === null || scope.runId === runId;
}

function runIdOf(rest: unknown): string | undefined {
  if (typeof rest !== "object" || rest === null || !("input" in rest)) return undefined;
  const { input } = rest;
  if (typeof input !== "object" || input === null || !("runId" in input)) return undefined;
  return typeof input.runId === "string" ? input.runId : undefined;
}

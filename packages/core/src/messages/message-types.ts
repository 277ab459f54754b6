import { BudgetMeasure, BudgetOutcome, BudgetScope, BudgetWindow } from "../budgets/index.ts";
import { FlagName } from "../flags/index.ts";
import { HealthState, ModelId, RegionName } from "../model-router/index.ts";
import { KeyName, ProviderName } from "../vault/index.ts";
import { z } from "zod";
import {
  AgentStatus,
  ApprovalStatus,
  ApprovalSubject,
  AttemptOutcome,
  Capability,
  Decision,
  GroupName,
  Hold,
  OverrideStatus,
  QueueName,
  SessionStatus,
  StepName,
  StepStatus,
  Strategy,
  TypePattern,
  Verdict,
  WaitKind,
  WebhookDisabledReason,
  type EventType,
} from "../vocabulary/index.ts";
import { CONTROL_MESSAGES } from "./control-messages.ts";
import { WORKER_MESSAGES } from "./worker-messages.ts";
import { Uuid, defineMessage, type MessageDefinition } from "./define-message.ts";

const count = z.int().min(0);
const epoch = z.int().min(0).meta({ description: "The fencing epoch of the claim" });
const digest = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hex");
const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, "expected a code like exit_nonzero");
/** As its provider calls it. */
const modelName = z.string().regex(/^\S{1,300}$/);
const policyName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const executorName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}$/);
const executor = z.enum(["worker", "agent"]);

const keyChange = {
  key_id: Uuid,
  provider: ProviderName,
  name: KeyName,
  version: z.int().min(1),
};
const providerHealth = {
  provider: ProviderName,
  model: modelName,
  region: RegionName,
  state: HealthState,
  error_rate: z.number().min(0).max(1).meta({ description: "Of the last five minutes" }),
};
const stepRef = { step_id: Uuid, run_id: Uuid };
const heldSteps = z.array(z.looseObject({ ...stepRef, epoch })).min(1);
const runShape = { run_id: Uuid, plan_id: Uuid.nullish() };
const planShape = { plan_id: Uuid, digest: digest.nullish(), verdict: Verdict.nullish() };
const ruleShape = {
  rule_id: Uuid,
  queue: QueueName.nullish(),
  type: TypePattern.nullish(),
  agent: Uuid.nullish(),
  plane: z.boolean().nullish().meta({ description: "Made by those who operate the plane" }),
  tenant: Uuid.nullish().meta({ description: "Whom it binds, where not the one that is told" }),
};
const approvalShape = {
  approval_id: Uuid,
  subject: ApprovalSubject,
  plan_id: Uuid.nullish(),
  run_id: Uuid.nullish(),
  step_id: Uuid.nullish(),
};

/** Every type of message and the form of its payload. Total: an event type without an entry does not compile. */
export const MESSAGE_TYPES = {
  ...CONTROL_MESSAGES,
  ...WORKER_MESSAGES,
  "backlog.imported": defineMessage("backlog.imported", "Items of a pack were created or changed", {
    pack: StepName,
    items: count,
    created: count,
    updated: count,
  }),
  "backlog.edited": defineMessage(
    "backlog.edited",
    "Items of a pack were labelled, given a priority or moved",
    { pack: StepName, items: count },
  ),
  "plan.created": defineMessage("plan.created", "A new version of a plan exists", planShape),
  "plan.ready": defineMessage("plan.ready", "No gate blocks the plan", planShape),
  "plan.blocked": defineMessage("plan.blocked", "A gate blocks the plan", planShape),
  "plan.approved": defineMessage("plan.approved", "The plan may be executed", planShape),
  "plan.superseded": defineMessage("plan.superseded", "A newer version took its place", planShape),
  "plan.cancelled": defineMessage("plan.cancelled", "The plan was given up", planShape),
  "approval.requested": defineMessage("approval.requested", "People are asked", approvalShape),
  "approval.decided": defineMessage(
    "approval.decided",
    "A question has its answer, or ended without",
    {
      ...approvalShape,
      decision: Decision.nullish(),
      status: ApprovalStatus.nullish(),
    },
  ),
  "approval.voted": defineMessage("approval.voted", "Somebody voted, and more votes are needed", {
    ...approvalShape,
    decision: Decision,
    people: count,
    quorum: count,
  }),
  "approval.commented": defineMessage(
    "approval.commented",
    "Somebody said something about a question; it decides nothing",
    { ...approvalShape, comment_id: Uuid },
  ),
  "approval.reminded": defineMessage(
    "approval.reminded",
    "Half of its time is over and nobody has decided",
    approvalShape,
  ),
  "approval.escalated": defineMessage(
    "approval.escalated",
    "Four fifths of its time are over: the next group may decide too",
    { ...approvalShape, group: GroupName.nullish() },
  ),
  "grant.consumed": defineMessage("grant.consumed", "A yes was used up: a tool begins", {
    grant_id: Uuid,
    approval_id: Uuid,
    tool_run_id: Uuid,
    ...stepRef,
  }),
  "tasks.queued": defineMessage("tasks.queued", "Tasks were submitted, each a run of one step", {
    count,
    runs: z.array(Uuid).min(1).max(100).meta({ description: "The first hundred" }),
  }),
  "run.queued": defineMessage("run.queued", "A run and all its steps exist", runShape),
  "run.started": defineMessage("run.started", "Its first step was claimed", runShape),
  "run.succeeded": defineMessage("run.succeeded", "All its steps succeeded", runShape),
  "run.failed": defineMessage("run.failed", "It ended, and a step failed for good", runShape),
  "run.cancelled": defineMessage("run.cancelled", "It ended because it was called off", runShape),
  "steps.claimed": defineMessage("steps.claimed", "An executor took steps, under new epochs", {
    executor,
    worker: executorName,
    steps: heldSteps,
    runs_started: z.array(Uuid).nullish().meta({ description: "Of tasks: the runs that began" }),
  }),
  "steps.started": defineMessage("steps.started", "Their executor has begun", { steps: heldSteps }),
  "steps.settled": defineMessage(
    "steps.settled",
    "Attempts ended; one message a call and run, or for all tasks of a call",
    {
      run_id: Uuid.nullish(),
      steps: z
        .array(
          z.looseObject({
            ...stepRef,
            attempt: epoch,
            outcome: AttemptOutcome,
            status: StepStatus.nullish().meta({ description: "The step's status afterwards" }),
            error_code: code.nullish(),
          }),
        )
        .min(1),
      runs: z
        .array(z.looseObject({ run_id: Uuid, status: z.literal("succeeded") }))
        .nullish()
        .meta({ description: "Of tasks: the runs that ended well with these steps" }),
    },
  ),
  "steps.reclaimed": defineMessage(
    "steps.reclaimed",
    "Leases ran out; a crash was counted for each",
    {
      steps: z
        .array(
          z.looseObject({
            ...stepRef,
            epoch,
            worker: executorName.nullish(),
            status: StepStatus.nullish(),
          }),
        )
        .min(1),
    },
  ),
  "steps.released": defineMessage("steps.released", "Given back untouched", { steps: heldSteps }),
  "step.held": defineMessage("step.held", "A step gave its lease up and waits", {
    ...stepRef,
    hold: Hold,
  }),
  "step.refused": defineMessage("step.refused", "A settlement came after its lease was lost", {
    ...stepRef,
    epoch,
    outcome: AttemptOutcome,
  }),
  "step.cancelled": defineMessage("step.cancelled", "Steps that will not run any more", {
    reason: code.nullish(),
    steps: z.array(z.looseObject(stepRef)).min(1),
  }),
  "step.logged": defineMessage("step.logged", "Lines were stored; they are read elsewhere", {
    ...stepRef,
    lines: count,
  }),
  "step.progressed": defineMessage("step.progressed", "Steps reported progress", {
    steps: heldSteps,
  }),
  "artifact.stored": defineMessage("artifact.stored", "A file of a step is complete in storage", {
    artifact_id: Uuid,
    ...stepRef,
    size: count,
    sha256: digest,
  }),
  "message.sent": defineMessage("message.sent", "A durable message between agents was stored", {
    message_id: Uuid,
    run_id: Uuid.nullish(),
    step_id: Uuid.nullish(),
  }),
  "message.redacted": defineMessage(
    "message.redacted",
    "What a message said was destroyed, whole or in part: whoever keeps a copy of it has it go",
    { message_id: Uuid, redaction_id: Uuid, run_id: Uuid.nullish() },
  ),
  "session.started": defineMessage("session.started", "Several agents begin one piece of work", {
    ...stepRef,
    session_id: Uuid,
    strategy: Strategy,
  }),
  "session.ended": defineMessage("session.ended", "A session of agents has ended", {
    ...stepRef,
    session_id: Uuid,
    status: SessionStatus.exclude(["running"]),
  }),
  "wait.opened": defineMessage("wait.opened", "A step waits, without an executor", {
    ...stepRef,
    kinds: z.array(WaitKind).min(1),
  }),
  "wait.met": defineMessage("wait.met", "What a step waited for is there", {
    ...stepRef,
    wait_id: Uuid,
    kind: WaitKind,
  }),
  "event.received": defineMessage("event.received", "The outside told of something", {
    event_id: Uuid,
    run_id: Uuid.nullish(),
    waiting: count,
  }),
  "agent.registered": defineMessage("agent.registered", "An agent was added or changed", {
    agent_id: Uuid,
    capabilities: z.array(Capability).nullish(),
  }),
  "agent.changed": defineMessage(
    "agent.changed",
    "What the registry says of an agent, its keys or its version was changed",
    { agent_id: Uuid },
  ),
  "agent.status_changed": defineMessage(
    "agent.status_changed",
    "An agent was drained, resumed, quarantined or retired, by people or by its breaker",
    { agent_id: Uuid, status: AgentStatus, from: AgentStatus },
  ),
  "schedule.missed": defineMessage(
    "schedule.missed",
    "Instants of a schedule began nothing: no scheduler was there, or the task could not be made",
    {
      schedule_id: Uuid,
      outcome: z.enum(["missed", "failed"]),
      count: z.int().min(1),
      first: z.iso.datetime({ offset: true }),
      last: z.iso.datetime({ offset: true }),
    },
  ),
  "queue.paused": defineMessage(
    "queue.paused",
    "A queue, a type of steps or all of a tenant is paused",
    ruleShape,
  ),
  "queue.resumed": defineMessage("queue.resumed", "What was paused goes on", ruleShape),
  "rule.changed": defineMessage("rule.changed", "A limit was set, changed or taken away", {
    ...ruleShape,
    max_running: count.nullish(),
    max_queued: count.nullish(),
    rate: count.nullish(),
    per_seconds: count.nullish(),
    burst: count.nullish(),
    weight: count.nullish(),
  }),
  "gate.overridden": defineMessage(
    "gate.overridden",
    "Somebody answers for going on although a gate warns or blocks, or does so no more",
    {
      override_id: Uuid,
      plan_id: Uuid,
      scope: z.enum(["plan", "step", "rule"]),
      status: OverrideStatus,
      verdict: Verdict,
    },
  ),
  "gate_rule.changed": defineMessage("gate_rule.changed", "A rule of a gate has a new version", {
    rule: StepName,
    version: count,
    enabled: z.boolean(),
  }),
  "flag.changed": defineMessage("flag.changed", "A flag was switched on or off", {
    flag: FlagName,
    enabled: z.boolean(),
  }),
  "budget.exhausted": defineMessage(
    "budget.exhausted",
    "A budget had too little left for what was asked, for the first time in its window",
    {
      budget_id: Uuid,
      budget: StepName,
      scope: BudgetScope,
      measure: BudgetMeasure,
      window: BudgetWindow,
      outcome: BudgetOutcome,
      run_id: Uuid.nullish(),
      agent_id: Uuid.nullish(),
    },
  ),
  "budget.changed": defineMessage("budget.changed", "A budget was set, changed or removed", {
    budget_id: Uuid,
    budget: StepName,
    version: count,
    removed: z.boolean().nullish(),
  }),
  "key.put": defineMessage("key.put", "A provider's key was put into the vault", keyChange),
  "key.rotated": defineMessage(
    "key.rotated",
    "A new version of a provider's key is in use; the one before it works for a while",
    keyChange,
  ),
  "key.retired": defineMessage("key.retired", "A provider's key is no longer used", keyChange),
  "provider.degraded": defineMessage(
    "provider.degraded",
    "A provider's model does badly; calls go elsewhere where they can",
    providerHealth,
  ),
  "provider.healed": defineMessage(
    "provider.healed",
    "A provider's model does well again",
    providerHealth,
  ),
  "provider.changed": defineMessage(
    "provider.changed",
    "The settings of a provider were changed, or taken back",
    { provider: ProviderName, region: RegionName, enabled: z.boolean() },
  ),
  "model.changed": defineMessage(
    "model.changed",
    "What is known of a model was changed, or taken back",
    { model: ModelId, enabled: z.boolean() },
  ),
  "price.changed": defineMessage(
    "price.changed",
    "A tenant's own price of a model was set or withdrawn",
    { model: ModelId, withdrawn: z.boolean() },
  ),
  "routing_policy.changed": defineMessage(
    "routing_policy.changed",
    "A policy that models are chosen by has a new version",
    { policy: policyName, version: z.int().min(1), removed: z.boolean() },
  ),
  "models.compared": defineMessage(
    "models.compared",
    "The plans of several models for the same items were compared",
    { comparison_id: Uuid, models: count, usable: count },
  ),
  "webhook.tested": defineMessage(
    "webhook.tested",
    "Somebody asked for a trial; told to that endpoint only",
    {
      webhook_id: Uuid,
    },
  ),
  "webhook.disabled": defineMessage("webhook.disabled", "An endpoint is told nothing any more", {
    webhook_id: Uuid,
    reason: WebhookDisabledReason,
  }),
  "agent.endpoint_disabled": defineMessage(
    "agent.endpoint_disabled",
    "No steps are posted to the endpoint of an agent any more",
    { agent_id: Uuid, reason: WebhookDisabledReason },
  ),
  "events.sealed": defineMessage(
    "events.sealed",
    "A stretch of events was sealed into the audit log",
    {
      from: count,
      to: count,
      count,
      root: digest,
    },
  ),
  "audit.digest_signed": defineMessage(
    "audit.digest_signed",
    "How far the audit chain has come was signed by a key outside the database",
    {
      n: z.int().min(1),
      from: z.int().min(1),
      to: count,
      head_hash: digest,
      kid: z.string().regex(/^[0-9a-f]{16}$/),
      signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
    },
  ),
} as const satisfies { [T in EventType]: MessageDefinition<T, z.ZodType> };

export type MessageTypes = typeof MESSAGE_TYPES;
export type PayloadOf<T extends EventType> = z.infer<MessageTypes[T]["payload"]>;

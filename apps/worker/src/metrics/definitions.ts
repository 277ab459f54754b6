// Every metric of a worker: docs/operations.md says what to make of each, and a test holds the two together.

export const COUNTERS = {
  nofx_steps_claimed_total: { help: "Steps claimed by this worker", labels: ["kind"] },
  nofx_steps_settled_total: {
    help: "Claims that this worker ended, by outcome",
    labels: ["outcome"],
  },
  nofx_step_failures_total: { help: "Failures settled, by error code", labels: ["code"] },
  nofx_step_retries_total: { help: "Failures that were queued again, by code", labels: ["code"] },
  nofx_lease_renewals_total: { help: "Renewals, by result: ok or lost", labels: ["result"] },
  nofx_leases_lost_total: {
    help: "Running steps given up because their lease was lost",
    labels: [],
  },
  nofx_stale_settles_total: {
    help: "Settlements refused because the claim was no longer held, by reason",
    labels: ["reason"],
  },
  nofx_claim_conflicts_total: {
    help: "Settlements refused under a valid lease, or two attempts under one epoch: must stay 0",
    labels: [],
  },
  nofx_hints_total: {
    help: "Hints of steps in Redis: dispatched, taken, or stale when they were taken",
    labels: ["what"],
  },
  nofx_exchange_errors_total: { help: "Ticks that the database did not answer", labels: [] },
  nofx_steps_reclaimed_total: {
    help: "Steps taken back from executors that vanished",
    labels: [],
  },
  nofx_steps_stranded_total: {
    help: "Steps failed because no worker had code for them",
    labels: [],
  },
  nofx_runs_archived_total: {
    help: "Finished runs that this worker moved to the history",
    labels: [],
  },
  nofx_runs_deleted_total: {
    help: "Archived runs that this worker deleted, past their time",
    labels: [],
  },
  nofx_events_sealed_total: {
    help: "Events that this worker gave their sequence",
    labels: [],
  },
  nofx_plan_events_total: {
    help: "Events of plans that this worker sealed: created, ready, blocked, approved, superseded, cancelled",
    labels: ["event"],
  },
  nofx_approval_events_total: {
    help: "Events of approvals that this worker sealed: requested, voted, commented, reminded, escalated, and how they ended",
    labels: ["event"],
  },
  nofx_provider_probes_total: {
    help: "Failing models that this worker asked a word, by outcome: answered or failed",
    labels: ["outcome"],
  },
  nofx_gate_verdicts_total: {
    help: "Verdicts of the plans whose events this worker sealed, by gate",
    labels: ["gate", "verdict"],
  },
  nofx_schedule_firings_total: {
    help: "Instants of schedules dealt with, by outcome",
    labels: ["outcome"],
  },
  nofx_audit_digests_total: { help: "Digests of audit chains signed", labels: [] },
  nofx_model_attempts_total: {
    help: "Attempts at models through the endpoint, by outcome and the code of what failed",
    labels: ["endpoint", "outcome", "code"],
  },
  nofx_webhook_attempts_total: {
    help: "Webhook requests, by outcome: delivered, failed, disabled",
    labels: ["outcome"],
  },
  nofx_pushes_total: {
    help: "Steps posted to agents that are functions, by what came of it",
    labels: ["as"],
  },
} as const;

export const GAUGES = {
  nofx_worker_info: { help: "1, with the version of the code", labels: ["worker", "version"] },
  nofx_worker_draining: { help: "1 while this worker claims nothing", labels: [] },
  nofx_transport_up: {
    help: "1 while hints of steps come as QUEUE_DRIVER says; 0: this worker asks Postgres itself",
    labels: ["driver"],
  },
  nofx_worker_slots: { help: "How many steps this worker takes at a time", labels: [] },
  nofx_audit_chains_broken: {
    help: "Tenants whose audit chain does not follow from its last digest",
    labels: [],
  },
  nofx_history_lag_seconds: {
    help: "How long past its time the oldest run of this worker's last batch was archived",
    labels: [],
  },
  nofx_steps_in_flight: { help: "Steps running in this worker", labels: [] },
} as const;

/** Of the whole plane, the same from every worker: read from the database when somebody asks. */
export const PLANE_GAUGES = {
  nofx_database_up: { help: "1 if the database answered for the nofx_plane_ metrics", labels: [] },
  nofx_plane_workers: { help: "Workers by status: active, draining, silent", labels: ["status"] },
  nofx_plane_steps_in_flight: { help: "Steps under a lease", labels: [] },
  nofx_plane_queue_depth: { help: "Claimable steps, by executor", labels: ["executor"] },
  nofx_plane_queue_oldest_seconds: {
    help: "How long the oldest claimable step has waited, by executor",
    labels: ["executor"],
  },
  nofx_plane_queue_ready: { help: "Claimable steps, by queue", labels: ["queue"] },
  nofx_plane_queue_age_seconds: {
    help: "How long the oldest claimable step has waited, by queue",
    labels: ["queue"],
  },
  nofx_plane_queue_in_flight: { help: "Steps under a lease, by queue", labels: ["queue"] },
  nofx_plane_queue_failure_rate: {
    help: "The part of the claims ended in five minutes that failed, by queue",
    labels: ["queue"],
  },
  nofx_plane_capability_ready: {
    help: "Claimable steps of agents, by tenant and capability",
    labels: ["tenant", "capability"],
  },
  nofx_plane_capability_age_seconds: {
    help: "How long the oldest claimable step of agents has waited, by tenant and capability",
    labels: ["tenant", "capability"],
  },
  nofx_plane_capability_in_flight: {
    help: "Steps that agents hold, by tenant and capability",
    labels: ["tenant", "capability"],
  },
  nofx_plane_capability_slots: {
    help: "How many steps the processes that are there take at once, by tenant and capability",
    labels: ["tenant", "capability"],
  },
  nofx_plane_capability_runners: {
    help: "Processes of active agents heard of in the last minute, by tenant and capability",
    labels: ["tenant", "capability"],
  },
  nofx_plane_steps_held: { help: "Queued steps on hold, by hold", labels: ["hold"] },
  nofx_plane_dead_letters: {
    help: "Dead letters nobody has dealt with, by stage and reason",
    labels: ["stage", "reason"],
  },
  nofx_plane_events_unsealed: { help: "Events that have no sequence yet", labels: [] },
  nofx_plane_seal_lag_seconds: { help: "Age of the oldest event without a sequence", labels: [] },
  nofx_plane_webhook_events_behind: {
    help: "Sealed events that webhooks are still to be told, over all endpoints",
    labels: [],
  },
  nofx_plane_webhooks_failing: { help: "Endpoints whose last delivery failed", labels: [] },
} as const;

/** Each is a histogram; `nofx_step_latency_seconds` says the same of steps as quantiles of the last ten minutes. */
export const DURATIONS = {
  nofx_step_duration_seconds: {
    help: "From claim to end, by kind and result",
    labels: ["kind", "result"],
  },
  nofx_seal_lag_seconds: {
    help: "Age of the oldest event of a batch when it was sealed",
    labels: [],
  },
  nofx_model_latency_seconds: {
    help: "From asking a model to the end of its answer",
    labels: ["endpoint", "outcome"],
  },
  nofx_model_first_token_seconds: {
    help: "From asking a model to the first of a streamed answer",
    labels: ["endpoint"],
  },
  nofx_queue_wait_seconds: { help: "From claimable to claimed, by kind", labels: ["kind"] },
} as const;

export const LATENCY = {
  name: "nofx_step_latency_seconds",
  help: "Median and 95th percentile from claim to end over ten minutes, by kind",
  quantiles: [0.5, 0.95],
  windowSeconds: 600,
} as const;

export const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

export type CounterName = keyof typeof COUNTERS;
export type GaugeName = keyof typeof GAUGES;
export type PlaneGaugeName = keyof typeof PLANE_GAUGES;
export type DurationName = keyof typeof DURATIONS;

import {
  ApprovalDetail,
  ApprovalGroups,
  ApprovalPage,
  ArtifactList,
  AuditExport,
  AuditExportPage,
  AuditHead,
  AuditPage,
  BacklogPage,
  BudgetPage,
  BudgetUsagePage,
  BudgetView,
  BacklogPreview,
  BulkRedriveResult,
  CancelStepResult,
  DeadLetterPage,
  DeadLetterView,
  EventPage,
  ExecutePlanResult,
  ComparisonView,
  FlagList,
  FlagView,
  ForkRunResult,
  GateRuleDetail,
  GateRuleList,
  GatesView,
  HistoryPage,
  ImportBacklogResult,
  KekList,
  KekRotation,
  KeyAuditPage,
  KeyPage,
  KeyView,
  LineageView,
  LogPage,
  ModelHealthList,
  ModelList,
  ModelView,
  OneModel,
  OnePolicy,
  OneProvider,
  PolicyCheck,
  PolicyHistory,
  PolicyList,
  PolicyView,
  PriceHistory,
  ProbeResult,
  ProviderList,
  ProviderView,
  WhatIfResult,
  OverrideView,
  PackList,
  PlanForecastView,
  PlanPage,
  PlanStepPage,
  PlanView,
  RedriveDeadLetterResult,
  RetentionView,
  RunPage,
  RunScheduleResult,
  RunSummary,
  RunView,
  OneBudget,
  OneSchedule,
  SchedulePage,
  ScheduleView,
  SentEvent,
  SessionView,
  SnapshotList,
  SnapshotText,
  SubmitTasksResult,
  PulledPlug,
  QueuePage,
  RuleView,
  TimeZoneSetting,
  UploadView,
  UsageView,
  WorkerPage,
  WorkerView,
  type CancelRunInput,
  type ChangeBudgetInput,
  type CreateScheduleInput,
  type SetBudgetInput,
  type SetModelInput,
  type SetPriceInput,
  type SetProviderInput,
  type WithdrawPriceInput,
  type UsageInput,
  type CreateUploadInput,
  type ImportBacklogInput,
  type PreviewBacklogInput,
  DelegationView,
  OneTool,
  ToolPage,
  ToolRunPage,
  ToolView,
  type DecideApprovalInput,
  type DelegateInput,
  type PutToolInput,
  type ForkRunInput,
  type LimitQueueInput,
  type OverrideInput,
  type PutKeyInput,
  type RotateKeyInput,
  type SaveRuleInput,
  type PauseQueueInput,
  type ResumeQueueInput,
  type RerunRunInput,
  type SendEventInput,
  type SetRetentionInput,
  type StartComparisonInput,
  type SubmitTasksInput,
} from "@nofx/core/api";
import { RunHistory } from "@nofx/core/contract";
import type { z } from "zod";
import { agentsApi } from "./agents-api.ts";
import { dispatchApi } from "./dispatch-api.ts";
import { messagesApi } from "./messages-api.ts";
import { sessionsApi } from "./sessions-api.ts";
import { ask, command, type RequestOptions } from "./request.ts";

/** The REST API as one person uses it. Every command takes the key under which it happens once. */
export function createApi(options: RequestOptions) {
  return {
    ...agentsApi(options),
    ...dispatchApi(options),
    ...messagesApi(options),
    ...sessionsApi(options),
    session: () => ask(options, "/session", SessionView),
    models: (question: { available?: "true" | "false"; search?: string } = {}) =>
      ask(options, "/models", ModelList, question),
    setModel: (input: z.input<typeof SetModelInput>, key: string) =>
      command(options, "/models", ModelView, input, key),
    removeModel: (model: string, key: string) =>
      command(options, "/models/remove", OneModel, { model }, key),
    prices: (model: string) => ask(options, "/models/prices", PriceHistory, { model }),
    setPrice: (input: z.input<typeof SetPriceInput>, key: string) =>
      command(options, "/models/prices", PriceHistory, input, key),
    withdrawPrice: (input: z.input<typeof WithdrawPriceInput>, key: string) =>
      command(options, "/models/prices/withdraw", PriceHistory, input, key),
    providers: () => ask(options, "/providers", ProviderList),
    providerHealth: (provider?: string) =>
      ask(options, "/providers/health", ModelHealthList, { provider }),
    setProvider: (
      name: string,
      input: Omit<z.input<typeof SetProviderInput>, "name">,
      key: string,
    ) => command(options, `/providers/${encodeURIComponent(name)}`, ProviderView, input, key),
    switchProvider: (name: string, input: { region: string; enabled: boolean }, key: string) =>
      command(options, `/providers/${encodeURIComponent(name)}/switch`, ProviderView, input, key),
    removeProvider: (name: string, region: string, key: string) =>
      command(
        options,
        `/providers/${encodeURIComponent(name)}/remove`,
        OneProvider,
        { region },
        key,
      ),
    probeModel: (name: string, input: { region: string; model: string }, key: string) =>
      command(options, `/providers/${encodeURIComponent(name)}/probe`, ProbeResult, input, key),
    policies: () => ask(options, "/routing/policies", PolicyList),
    policyHistory: (name: string) =>
      ask(options, `/routing/policies/${encodeURIComponent(name)}`, PolicyHistory),
    checkPolicy: (document: unknown, key: string) =>
      command(options, "/routing/policies/check", PolicyCheck, { document }, key),
    savePolicy: (
      input: { name: string; replaces: number; document: unknown; note: string },
      key: string,
    ) => command(options, "/routing/policies", PolicyView, input, key),
    removePolicy: (name: string, input: { replaces: number; note: string }, key: string) =>
      command(
        options,
        `/routing/policies/${encodeURIComponent(name)}/remove`,
        OnePolicy,
        input,
        key,
      ),
    whatIf: (input: { request: unknown; policy?: string; draft?: unknown }, key: string) =>
      command(options, "/routing/what-if", WhatIfResult, input, key),
    startComparison: (input: z.input<typeof StartComparisonInput>, key: string) =>
      command(options, "/comparisons", ComparisonView, input, key),
    flags: () => ask(options, "/flags", FlagList),
    setFlag: (name: string, input: { enabled: boolean; note: string }, key: string) =>
      command(options, `/flags/${encodeURIComponent(name)}`, FlagView, input, key),
    keys: (question: { provider?: string; name?: string; status?: "active" | "all" } = {}) =>
      ask(options, "/keys", KeyPage, { ...question, limit: 200 }),
    putKey: (input: z.input<typeof PutKeyInput>, key: string) =>
      command(options, "/keys", KeyView, input, key),
    rotateKey: (id: string, input: Omit<z.input<typeof RotateKeyInput>, "keyId">, key: string) =>
      command(options, `/keys/${id}/rotate`, KeyView, input, key),
    retireKey: (id: string, key: string) =>
      command(options, `/keys/${id}/retire`, KeyView, {}, key),
    keyAudit: (question: { keyId?: string; action?: string; limit?: number }) =>
      ask(options, "/keys/audit", KeyAuditPage, question),
    keks: () => ask(options, "/keks", KekList),
    rotateKek: (input: { kid?: string }, key: string) =>
      command(options, "/keks/rotate", KekRotation, input, key),
    retireKek: (kid: string, key: string) =>
      command(options, `/keks/${encodeURIComponent(kid)}/retire`, KekList, {}, key),
    budgets: (question: { limit?: number } = {}) => ask(options, "/budgets", BudgetPage, question),
    budgetUsage: (id: string, question: { limit?: number; subject?: string | undefined }) =>
      ask(options, `/budgets/${id}/usage`, BudgetUsagePage, question),
    setBudget: (input: z.input<typeof SetBudgetInput>, key: string) =>
      command(options, "/budgets", BudgetView, input, key),
    changeBudget: (
      id: string,
      input: Omit<z.input<typeof ChangeBudgetInput>, "budgetId">,
      key: string,
    ) => command(options, `/budgets/${id}`, BudgetView, input, key),
    removeBudget: (id: string, key: string) =>
      command(options, `/budgets/${id}/remove`, OneBudget, {}, key),
    setTimeZone: (timeZone: string, key: string) =>
      command(options, "/settings/time-zone", TimeZoneSetting, { timeZone }, key),
    usage: (question: Omit<z.input<typeof UsageInput>, "limit"> & { limit?: number }) =>
      ask(options, "/usage", UsageView, question),
    packs: () => ask(options, "/backlog/packs", PackList),
    importBacklog: (input: z.input<typeof ImportBacklogInput>, key: string) =>
      command(options, "/backlog/import", ImportBacklogResult, input, key),
    previewBacklog: (input: z.input<typeof PreviewBacklogInput>, key: string) =>
      command(options, "/backlog/preview", BacklogPreview, input, key),
    createUpload: (input: z.input<typeof CreateUploadInput>, key: string) =>
      command(options, "/uploads", UploadView, input, key),
    createPlan: (
      input: { pack: string; title?: string; open?: boolean; reuse?: boolean },
      key: string,
    ) => command(options, "/auto-planner/plan", PlanView, input, key),
    forecastPlan: (input: { pack: string; open?: boolean }, key: string) =>
      command(options, "/auto-planner/forecast", PlanForecastView, input, key),
    plans: (question: { pack?: string; limit?: number } = {}) =>
      ask(options, "/plans", PlanPage, question),
    plan: (planId: string) => ask(options, `/plans/${encodeURIComponent(planId)}`, PlanView),
    executePlan: (planId: string, key: string) =>
      command(options, "/auto-planner/execute", ExecutePlanResult, { planId }, key),
    approval: (approvalId: string) => ask(options, `/approvals/${approvalId}`, ApprovalDetail),
    approvals: (
      question: {
        status?: "pending" | "closed" | "all";
        runId?: string;
        risk?: string;
        group?: string;
        limit?: number;
      } = {},
    ) => ask(options, "/approvals", ApprovalPage, question),
    decide: (approvalId: string, input: z.input<typeof DecideApprovalInput>, key: string) =>
      command(options, `/approvals/${approvalId}`, ApprovalDetail, input, key),
    commentApproval: (approvalId: string, text: string, key: string) =>
      command(options, `/approvals/${approvalId}/comments`, ApprovalDetail, { text }, key),
    approvalGroups: () => ask(options, "/approval-groups", ApprovalGroups),
    delegateApprovals: (input: z.input<typeof DelegateInput>, key: string) =>
      command(options, "/approval-delegations", DelegationView, input, key),
    tools: (question: { status?: "active" | "all"; limit?: number } = {}) =>
      ask(options, "/tools", ToolPage, question),
    putTool: (input: z.input<typeof PutToolInput>, key: string) =>
      command(options, "/tools", ToolView, input, key),
    retireTool: (name: string, key: string) =>
      command(options, `/tools/${name}/retire`, OneTool, {}, key),
    toolRuns: (question: { name?: string; runId?: string; limit?: number }) =>
      ask(options, "/tool-runs", ToolRunPage, question),
    runs: (question: { limit?: number; status?: string; type?: string | undefined } = {}) =>
      ask(options, "/runs", RunPage, question),
    run: (runId: string) => ask(options, `/runs/${runId}`, RunView),
    submitTasks: (input: z.input<typeof SubmitTasksInput>, key: string) =>
      command(options, "/tasks", SubmitTasksResult, input, key),
    cancelRun: (runId: string, input: z.input<typeof CancelRunInput>, key: string) =>
      command(options, `/runs/${runId}/cancel`, RunSummary, input, key),
    cancelStep: (runId: string, stepName: string, input: { reason?: string }, key: string) =>
      command(
        options,
        `/runs/${runId}/steps/${encodeURIComponent(stepName)}/cancel`,
        CancelStepResult,
        input,
        key,
      ),
    pauseRun: (runId: string, key: string) =>
      command(options, `/runs/${runId}/pause`, RunSummary, {}, key),
    resumeRun: (runId: string, key: string) =>
      command(options, `/runs/${runId}/resume`, RunSummary, {}, key),
    forkRun: (runId: string, input: z.input<typeof ForkRunInput>, key: string) =>
      command(options, `/runs/${runId}/fork`, ForkRunResult, input, key),
    rerunRun: (runId: string, input: z.input<typeof RerunRunInput>, key: string) =>
      command(options, `/runs/${runId}/rerun`, ForkRunResult, input, key),
    deadLetters: (question: {
      status?: string;
      reason?: string | undefined;
      runId?: string | undefined;
      limit?: number;
    }) => ask(options, "/dead-letters", DeadLetterPage, question),
    deadLetter: (id: string) => ask(options, `/dead-letters/${id}`, DeadLetterView),
    redrive: (id: string, input: { with?: Record<string, unknown> }, key: string) =>
      command(options, `/dead-letters/${id}/redrive`, RedriveDeadLetterResult, input, key),
    discard: (id: string, input: { reason: string }, key: string) =>
      command(options, `/dead-letters/${id}/discard`, DeadLetterView, input, key),
    /** The reason is checked where it is known: by the server. */
    bulkRedrive: (
      input: {
        filter: { reason?: string };
        limit: number;
        maxPerMinute: number;
        dryRun: boolean;
      },
      key: string,
    ) => command(options, "/redrive-batches", BulkRedriveResult, input, key),
    logs: (runId: string, question: { stepId?: string; tail?: boolean; limit?: number }) =>
      ask(options, `/runs/${runId}/logs`, LogPage, question),
    artifacts: (runId: string) => ask(options, `/runs/${runId}/artifacts`, ArtifactList),
    audit: (question: { verb?: string; subject?: string; limit?: number } = {}) =>
      ask(options, "/audit", AuditPage, question),
    auditHead: () => ask(options, "/audit/head", AuditHead),
    signAudit: (key: string) => command(options, "/audit/head", AuditHead, {}, key),
    exportAudit: (input: { from?: number | undefined; to?: number | undefined }, key: string) =>
      command(options, "/audit/export", AuditExport, input, key),
    auditLines: (question: { from: number; to: number; digests: number; after?: number }) =>
      ask(options, "/audit/export", AuditExportPage, { ...question, limit: 2_000 }),
    snapshots: (planId: string) => ask(options, `/plans/${planId}/snapshots`, SnapshotList),
    snapshot: (digest: string) => ask(options, `/snapshots/${digest}`, SnapshotText),
    planSteps: (planId: string, question: { cursor?: string; limit: number }) =>
      ask(options, `/plans/${planId}/steps`, PlanStepPage, question),
    itemLineage: (itemId: string) => ask(options, `/lineage/item/${itemId}`, LineageView),
    histories: (question: { capabilities: string; cursor?: string; limit?: number }) =>
      ask(options, "/histories", HistoryPage, question),
    history: (runId: string) => ask(options, `/runs/${runId}/history`, RunHistory),
    artifactLineage: (artifactId: string) =>
      ask(options, `/lineage/artifact/${artifactId}`, LineageView),
    backlog: (question: { search?: string; pack?: string; limit?: number }) =>
      ask(options, "/backlog", BacklogPage, question),
    gates: (planId: string) => ask(options, `/gates/${encodeURIComponent(planId)}`, GatesView),
    gateRules: () => ask(options, "/gate-rules", GateRuleList),
    saveGateRule: (input: z.input<typeof SaveRuleInput>, key: string) =>
      command(options, "/gate-rules", GateRuleDetail, input, key),
    override: (input: z.input<typeof OverrideInput>, key: string) =>
      command(options, "/automation/override", OverrideView, input, key),
    revokeOverride: (id: string, reason: string, key: string) =>
      command(
        options,
        `/automation/overrides/${encodeURIComponent(id)}/revoke`,
        OverrideView,
        { reason },
        key,
      ),
    retention: () => ask(options, "/retention", RetentionView),
    setRetention: (input: z.input<typeof SetRetentionInput>, key: string) =>
      command(options, "/retention", RetentionView, input, key),
    schedules: (question: { search?: string; limit?: number } = {}) =>
      ask(options, "/schedules", SchedulePage, question),
    createSchedule: (input: z.input<typeof CreateScheduleInput>, key: string) =>
      command(options, "/schedules", ScheduleView, input, key),
    pauseSchedule: (id: string, reason: string, key: string) =>
      command(options, `/schedules/${id}/pause`, ScheduleView, { reason }, key),
    resumeSchedule: (id: string, key: string) =>
      command(options, `/schedules/${id}/resume`, ScheduleView, {}, key),
    runSchedule: (id: string, key: string) =>
      command(options, `/schedules/${id}/run`, RunScheduleResult, {}, key),
    removeSchedule: (id: string, key: string) =>
      command(options, `/schedules/${id}/remove`, OneSchedule, {}, key),
    queues: (question: { limit?: number } = {}) => ask(options, "/queues", QueuePage, question),
    pauseQueue: (input: z.input<typeof PauseQueueInput>, key: string) =>
      command(options, "/queues/pause", RuleView, input, key),
    resumeQueue: (input: z.input<typeof ResumeQueueInput>, key: string) =>
      command(options, "/queues/resume", RuleView, input, key),
    limitQueue: (input: z.input<typeof LimitQueueInput>, key: string) =>
      command(options, "/queues/limit", RuleView, input, key),
    workers: (question: { all?: boolean | undefined; limit?: number } = {}) =>
      ask(options, "/workers", WorkerPage, question),
    drainWorker: (name: string, key: string) =>
      command(options, `/workers/${encodeURIComponent(name)}/drain`, WorkerView, {}, key),
    pullPlug: (runId: string, key: string) =>
      command(options, `/runs/${runId}/pull-plug`, PulledPlug, {}, key),
    undrainWorker: (name: string, key: string) =>
      command(options, `/workers/${encodeURIComponent(name)}/undrain`, WorkerView, {}, key),
    events: (question: { after: number; runId?: string; limit?: number }) =>
      ask(options, "/events", EventPage, question),
    sendEvent: (input: z.input<typeof SendEventInput>, key: string) =>
      command(options, "/events", SentEvent, input, key),
  };
}
export type Api = ReturnType<typeof createApi>;

import {
  ApprovalPage,
  ApprovalView,
  ArtifactList,
  EventPage,
  ExecutePlanResult,
  ImportBacklogResult,
  LogPage,
  PackList,
  PlanView,
  RunPage,
  RunView,
  SentEvent,
  SessionView,
  PulledPlug,
  WorkerPage,
  WorkerView,
  type DecideApprovalInput,
  type SendEventInput,
} from "@nofx/core/api";
import type { z } from "zod";
import { ask, command, type RequestOptions } from "./request.ts";

/** The REST API as one person uses it. Every command takes the key under which it happens once. */
export function createApi(options: RequestOptions) {
  return {
    session: () => ask(options, "/session", SessionView),
    packs: () => ask(options, "/backlog/packs", PackList),
    importBacklog: (input: { text: string } | { uploadId: string }, key: string) =>
      command(options, "/backlog/import", ImportBacklogResult, input, key),
    createPlan: (input: { pack: string; title?: string }, key: string) =>
      command(options, "/auto-planner/plan", PlanView, input, key),
    plan: (planId: string) => ask(options, `/plans/${planId}`, PlanView),
    executePlan: (planId: string, key: string) =>
      command(options, "/auto-planner/execute", ExecutePlanResult, { planId }, key),
    approval: (approvalId: string) => ask(options, `/approvals/${approvalId}`, ApprovalView),
    approvals: (question: { status?: "pending" | "closed" | "all"; limit?: number } = {}) =>
      ask(options, "/approvals", ApprovalPage, question),
    decide: (approvalId: string, input: z.input<typeof DecideApprovalInput>, key: string) =>
      command(options, `/approvals/${approvalId}`, ApprovalView, input, key),
    runs: (question: { limit?: number; status?: string } = {}) =>
      ask(options, "/runs", RunPage, question),
    run: (runId: string) => ask(options, `/runs/${runId}`, RunView),
    logs: (runId: string, question: { stepId?: string; tail?: boolean; limit?: number }) =>
      ask(options, `/runs/${runId}/logs`, LogPage, question),
    artifacts: (runId: string) => ask(options, `/runs/${runId}/artifacts`, ArtifactList),
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

import { randomUUID } from "node:crypto";
import {
  ApprovalPage,
  ApprovalView,
  BacklogSelection,
  DeadLetterPage,
  type DeadLetterSummary,
  ExecutePlanResult,
  ImportBacklogResult,
  PackList,
  PlanView,
  RunView,
} from "@nofx/core/api";
import { createClient } from "@supabase/supabase-js";
import type { z } from "zod";
import type { PersonName, Stack } from "./stack.ts";

/** The REST API as one person uses it: what happens elsewhere while a page is being looked at. */
export interface Api {
  importBacklog(text: string): Promise<ImportBacklogResult>;
  packs(): Promise<z.infer<typeof PackList>>;
  itemsOf(pack: string): Promise<BacklogSelection["items"]>;
  createPlan(pack: string): Promise<PlanView>;
  plan(planId: string): Promise<PlanView>;
  execute(planId: string): Promise<ExecutePlanResult>;
  run(runId: string): Promise<RunView>;
  deadLetters(runId: string): Promise<DeadLetterSummary[]>;
  approvals(): Promise<ApprovalView[]>;
  approval(approvalId: string): Promise<ApprovalView>;
  decide(
    approvalId: string,
    decision: "approve" | "reject",
    reason?: string,
  ): Promise<ApprovalView>;
}

export async function connect(stack: Stack, person: PersonName): Promise<Api> {
  const auth = createClient(stack.supabase, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  }).auth;
  const { data, error } = await auth.signInWithPassword(stack.people[person]);
  if (error !== null) throw error;
  const authorization = `Bearer ${data.session.access_token}`;

  async function ask<S extends z.ZodType>(path: string, schema: S, body?: unknown) {
    const response = await fetch(`${stack.dashboard}/api${path}`, {
      headers: {
        authorization,
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "idempotency-key": randomUUID() }),
      },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return schema.parse(answer);
  }

  return {
    importBacklog: (text) => ask("/backlog/import", ImportBacklogResult, { text }),
    packs: () => ask("/backlog/packs", PackList),
    itemsOf: async (pack) => (await ask(`/backlog/selection?pack=${pack}`, BacklogSelection)).items,
    createPlan: (pack) => ask("/auto-planner/plan", PlanView, { pack }),
    plan: (planId) => ask(`/plans/${planId}`, PlanView),
    execute: (planId) => ask("/auto-planner/execute", ExecutePlanResult, { planId }),
    run: (runId) => ask(`/runs/${runId}`, RunView),
    deadLetters: async (runId) => (await ask(`/dead-letters?runId=${runId}`, DeadLetterPage)).items,
    approvals: async () => (await ask("/approvals?limit=100", ApprovalPage)).items,
    approval: (approvalId) => ask(`/approvals/${approvalId}`, ApprovalView),
    decide: (approvalId, decision, reason) =>
      ask(`/approvals/${approvalId}`, ApprovalView, {
        decision,
        ...(reason === undefined ? {} : { reason }),
      }),
  };
}

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { listApprovals } from "@nofx/control/approvals";
import type { MemberContext } from "@nofx/control/command";
import { handleAgentRequest } from "@nofx/control/http";
import { again, type TestPlane } from "@nofx/control/testing";
import { putTool } from "@nofx/control/tools";
import type { ApprovalView } from "@nofx/core/api";
import { toId } from "@nofx/core/vocabulary";
import { seedAgent, seedRun, type SeededRun, type StepDraft } from "@nofx/db/testing";

export interface TestAgent {
  readonly id: string;
  readonly key: string;
  post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  /** The step that it is given, claimed anew. */
  claim(): Promise<ClaimedStep | undefined>;
}

interface ClaimedStep {
  readonly id: string;
  readonly name: string;
  readonly epoch: number;
}

/** An agent of a tenant, speaking the agent API in this process. */
export async function agentOf(
  t: TestPlane,
  tenantId: string,
  capability = "ops.work",
): Promise<TestAgent> {
  const key = `nofx_ak_${randomBytes(24).toString("base64url")}`;
  const keySha256 = createHash("sha256").update(key).digest("hex");
  const { id } = await seedAgent(t.owner, tenantId, { capabilities: [capability], keySha256 });
  const post: TestAgent["post"] = async (path, body) => {
    const answer = await handleAgentRequest(
      t.plane,
      new Request(`http://plane.test/api/agent/v1${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "idempotency-key": randomUUID(),
        },
        body: JSON.stringify(body),
      }),
    );
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return {
    id,
    key,
    post,
    claim: async () => {
      const { body } = await post("/steps/claim", {
        capabilities: [capability],
        max: 1,
        waitSeconds: 0,
        worker: "test",
      });
      return (body["steps"] as ClaimedStep[] | undefined)?.[0];
    },
  };
}

/** A run of agent steps, in the name of somebody. */
export async function runOf(
  t: TestPlane,
  member: MemberContext,
  steps: StepDraft[] = [{ name: "work" }],
): Promise<SeededRun> {
  const drafts = steps.map((step) => ({
    kind: "agent" as const,
    capability: "ops.work",
    arguments: { capability: "ops.work", input: {} },
    ...step,
  }));
  const run = await seedRun(t.owner, member.tenantId, drafts);
  await t.owner.query("update runs set created_by_type = 'member', created_by = $2 where id = $1", [
    run.id,
    member.actor.id,
  ]);
  return run;
}

export const DEPLOY = {
  name: "deploy",
  version: "1",
  title: "Deploy",
  inputSchema: {
    type: "object",
    properties: {
      env: { enum: ["staging", "production"] },
      replicas: { type: "integer", maximum: 9 },
    },
    required: ["env"],
    additionalProperties: false,
  },
  sensitivity: "critical",
} as const;

export const putDeploy = (ctx: MemberContext, more: Record<string, unknown> = {}) =>
  putTool(again(ctx), { ...DEPLOY, ...more });

export const ASKED = { env: "production", replicas: 3 };

/** What an agent calls on a step that it holds. */
export function stepCalls(agent: TestAgent, step: ClaimedStep) {
  const at = `/steps/${step.id}`;
  return {
    ask: (details: Record<string, unknown> = ASKED, more: Record<string, unknown> = {}) =>
      agent.post(`${at}/approvals`, {
        epoch: step.epoch,
        name: "deploy",
        question: "Deploy?",
        tool: "deploy",
        details,
        ...more,
      }),
    begin: (args: Record<string, unknown> = ASKED, more: Record<string, unknown> = {}) =>
      agent.post(`${at}/tools/deploy/begin`, {
        epoch: step.epoch,
        name: "deploy",
        arguments: args,
        ...more,
      }),
    end: (more: Record<string, unknown> = {}) =>
      agent.post(`${at}/tools/deploy/end`, {
        epoch: step.epoch,
        name: "deploy",
        status: "succeeded",
        result: { ok: true },
        ...more,
      }),
  };
}

/** A tenant whose agent has asked to use the tool, and waits. */
export async function askedForTool(t: TestPlane, more: Record<string, unknown> = {}) {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  await putDeploy(admin, more);
  const agent = await agentOf(t, tenant.id);
  const run = await runOf(t, operator);
  const step = await claimed(agent);
  await stepCalls(agent, step).ask();
  return { tenant, admin, operator, supervisor, agent, run, approval: await pending(supervisor) };
}

export async function claimed(agent: TestAgent): Promise<ClaimedStep> {
  const step = await agent.claim();
  if (step === undefined) throw new Error("there is nothing to claim");
  return step;
}

/** The one question that waits. */
export async function pending(ctx: MemberContext): Promise<ApprovalView> {
  const [approval] = (await listApprovals(again(ctx), {})).items;
  if (approval === undefined) throw new Error("nothing waits for people");
  return approval;
}

/** `count` questions of agents' steps, each holding its step, made past the API. */
export async function manyQuestions(
  t: TestPlane,
  member: MemberContext,
  count: number,
  rule: Record<string, unknown> = {},
): Promise<{ approvalId: string; runId: string }[]> {
  const { rows } = await t.owner.query<{ approval_id: string; run_id: string }>(
    `with made as (
       insert into runs (id, tenant_id, title, step_count, steps_left, correlation_id, created_by_type, created_by)
       select app.uuid7(), $1, 'q', 1, 1, app.uuid7(), 'member', $3 from generate_series(1, $2) returning *
     ),
     steps_made as (
       insert into steps (tenant_id, run_id, name, title, kind, executor, capability, priority, position, arguments, token, correlation_id, holds, held_at)
       select m.tenant_id, m.id, 'work', 'work', 'agent', 'agent', 'ops.work', 3, 0, '{}', m.id::text, m.correlation_id, 2, clock_timestamp()
       from made m returning *
     )
     insert into approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
       requested_by_type, requested_by, requested_by_name, expires_at, correlation_id, rule)
     select s.tenant_id, 'step', s.run_id, s.id, 'q', 'q', '?', 'test', '{}', 'd', 'system', 'test', 'test',
       clock_timestamp() + interval '1 hour', s.correlation_id, $4::jsonb
     from steps_made s returning id as approval_id, run_id`,
    [member.tenantId, count, member.actor.id, JSON.stringify(rule)],
  );
  return rows.map((row) => ({
    approvalId: toId("approval", row.approval_id),
    runId: toId("run", row.run_id),
  }));
}

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHash, randomBytes } from "node:crypto";
import { seedAgent, until } from "@nofx/db/testing";
import { defineAgent, task, requireApproval } from "@nofx/sdk";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import type { Person, TestWeb } from "../../apps/web/test/test-web.ts";

// Approvals by the public API alone: people over REST, an agent of the SDK over a worker's gateway, and the worker's own sweep.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

const WEB: string = "../../apps/web/test/start-web.ts";
const WORKER = fileURLToPath(new URL("../../apps/worker/src/main.ts", import.meta.url));

interface Approval {
  id: string;
  status: string;
  argumentsDigest: string;
  [key: string]: unknown;
}

let web: TestWeb;
let worker: ChildProcess;
let folder: string;
const agent = new AbortController();
let agentEnd: Promise<unknown>;
let tenantId: string;
let admin: Person;
let supervisor: Person;
let second: Person;
let operator: Person;
let agentKey: string;

const prepared: string[] = [];
const deployed: unknown[] = [];

const deploy = requireApproval("deploy", (args: { env: string; replicas: number }) => {
  deployed.push(args);
  return { url: `https://${args.env}.example.org` };
});

const release = task("ops.release")
  .input(z.object({ name: z.string() }))
  .run(async (ctx, { name }) => {
    await ctx.step("prepare", () => prepared.push(name));
    return deploy(ctx, { env: "production", replicas: 9 }, { question: `Deploy ${name}?` });
  });

beforeAll(async () => {
  web = await ((await import(WEB)) as { startWeb: () => Promise<TestWeb> }).startWeb();
  ({ id: tenantId } = await web.tenant());
  [admin, supervisor, second, operator] = (await Promise.all(
    (["admin", "supervisor", "supervisor", "operator"] as const).map((role) =>
      web.person({ tenantId, role }),
    ),
  )) as [Person, Person, Person, Person];
  folder = mkdtempSync(join(tmpdir(), "nofx-approval-"));
  worker = spawn(process.execPath, [WORKER], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DATABASE_DIRECT_URL: web.stack.database.url("nofx_worker"),
      DATABASE_GATEWAY_URL: web.stack.database.url("nofx_agent_gateway"),
      SUPABASE_URL: web.stack.gatewayUrl,
      SUPABASE_ANON_KEY: web.stack.keys.publishableKey,
      SUPABASE_JWT_SECRET: web.stack.keys.jwtSecret,
      NOFX_GATEWAY_PORT: "0",
      NOFX_WORKSPACES: join(folder, "workspaces"),
      NOFX_WORKSPACE_ROOT: folder,
    },
  });
  let said = "";
  worker.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const url = await until("the worker serves", () => /"gateway":"([^"]+)"/.exec(said)?.[1]);
  agentKey = `nofx_ak_${randomBytes(24).toString("base64url")}`;
  await seedAgent(web.owner, tenantId, {
    capabilities: ["ops.release"],
    keySha256: createHash("sha256").update(agentKey).digest("hex"),
  });
  agentEnd = defineAgent({ tasks: [release], concurrency: 2 }).run({
    url,
    key: agentKey,
    signal: agent.signal,
    onEvent: () => {},
  });
});
afterAll(async () => {
  agent.abort();
  await agentEnd;
  worker.kill("SIGKILL");
  await web[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function call<T = Record<string, unknown>>(
  as: Person,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  const answer = await web.rest(`/api${path}`, { as, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, body: (await answer.json()) as T };
}

/** Lists the tool anew, under these terms; starts a release; answers its run and the question that it asks. */
async function asked(name: string, rule: Record<string, unknown> | null = null) {
  const put = await call(admin, "/tools", {
    name: "deploy",
    version: name,
    title: "Deploy",
    inputSchema: {
      type: "object",
      properties: { env: { type: "string" }, replicas: { type: "integer", maximum: 9 } },
      required: ["env", "replicas"],
      additionalProperties: false,
    },
    sensitivity: "critical",
    rule,
  });
  expect(put.status).toBe(200);
  const task = { kind: "agent", with: { capability: "ops.release", input: { name } } };
  const made = await call<{ runs: string[] }>(operator, "/tasks", { tasks: [task] });
  const runId = made.body.runs[0] ?? "";
  const approval = await until("people are asked", async () => {
    const { body } = await call<{ items: Approval[] }>(supervisor, `/approvals?runId=${runId}`);
    return body.items[0];
  });
  return { runId, approval };
}

const decide = (
  as: Person,
  { id, argumentsDigest }: Approval,
  more: Record<string, unknown> = {},
) =>
  call<Approval & { code: string }>(as, `/approvals/${id}`, {
    decision: "approve",
    argumentsDigest,
    ...more,
  });

const ended = (runId: string) =>
  until(
    "the run has ended",
    async () => {
      const { body } = await call<{ status: string; stepList: Record<string, unknown>[] }>(
        operator,
        `/runs/${runId}`,
      );
      return ["succeeded", "failed"].includes(body.status) ? body : undefined;
    },
    15_000,
  );

test("the agent pauses, people approve, it goes on at its checkpoint, and history says who, what, why and when", async () => {
  deployed.length = 0;
  const { runId, approval } = await asked("one");
  expect(approval).toMatchObject({
    subject: "tool",
    tool: "deploy",
    question: "Deploy one?",
    arguments: { env: "production", replicas: 9 },
    rootRunId: runId,
    blocking: true,
  });
  expect((await decide(operator, approval)).body.code).toBe("forbidden");
  const byAgent = { token: agentKey, email: "", userId: "" };
  expect((await decide(byAgent, approval)).status).toBe(401);
  await call(operator, `/approvals/${approval.id}/comments`, { text: "the tests are green" });
  expect((await decide(supervisor, approval, { reason: "seen the report" })).body.status).toBe(
    "approved",
  );
  const run = await ended(runId);
  expect(run.status).toBe("succeeded");
  expect(prepared.filter((name) => name === "one")).toHaveLength(1);
  expect(deployed).toEqual([{ env: "production", replicas: 9 }]);
  const { body } = await call(second, `/approvals/${approval.id}`);
  expect(body).toMatchObject({
    status: "approved",
    decisions: [{ by: supervisor.email, decision: "approve", reason: "seen the report" }],
    comments: [{ by: operator.email, text: "the tests are green" }],
    grant: { consumedAt: expect.any(String) },
  });
  const late = await decide(second, approval, { decision: "reject", reason: "no" });
  expect(late).toMatchObject({ status: 409, body: { code: "approval_closed" } });
  expect((await decide(supervisor, approval)).status).toBe(200);
  const uses = await call<{ items: unknown[] }>(second, `/tool-runs?runId=${runId}`);
  expect(uses.body.items).toMatchObject([{ status: "succeeded", approvalId: approval.id }]);
});

test("a quorum of two, of which the first edits: what runs is the edited version", async () => {
  deployed.length = 0;
  const { runId, approval } = await asked("two", { quorum: 2 });
  const tooMany = { decision: "approve_with_changes", arguments: { env: "canary", replicas: 99 } };
  expect((await decide(supervisor, approval, tooMany)).body).toMatchObject({
    code: "invalid_input",
    issues: [{ path: "/arguments/replicas", message: "must be <= 9" }],
  });
  const edit = { decision: "approve_with_changes", arguments: { env: "canary", replicas: 1 } };
  const first = await decide(supervisor, approval, edit);
  expect(first.body).toMatchObject({ status: "pending", tally: { people: 1, quorum: 2 } });
  expect((await decide(second, approval)).body.code).toBe("plan_changed");
  expect((await decide(second, first.body)).body.status).toBe("approved");
  expect((await ended(runId)).status).toBe("succeeded");
  expect(deployed).toEqual([{ env: "canary", replicas: 1 }]);
});

test("nobody answers: it expires, is never a yes, and the agent is told", async () => {
  deployed.length = 0;
  const { runId, approval } = await asked("three");
  await web.owner.query(
    "update approvals set expires_at = clock_timestamp() where status = 'pending'",
  );
  expect((await decide(supervisor, approval)).body.code).toBe("approval_closed");
  const run = await ended(runId);
  expect(run).toMatchObject({
    status: "failed",
    stepList: [{ error: { message: "Nobody approved deploy in time." } }],
  });
  expect(deployed).toEqual([]);
});

test("a delegate votes for somebody, shown as both, and only while the delegation lasts", async () => {
  const { runId, approval } = await asked("four");
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const given = await call<{ id: string }>(supervisor, "/approval-delegations", {
    to: second.userId,
    reason: "away",
    endsAt,
  });
  const instead = { insteadOf: supervisor.userId };
  await call(supervisor, `/approval-delegations/${given.body.id}/revoke`, {});
  expect((await decide(second, approval, instead)).body.code).toBe("forbidden");
  await call(supervisor, "/approval-delegations", { to: second.userId, reason: "again", endsAt });
  expect((await decide(second, approval, instead)).body).toMatchObject({
    status: "approved",
    decisions: [{ by: second.email, for: supervisor.email }],
  });
  expect((await ended(runId)).status).toBe("succeeded");
});

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { issueAgentKey, registerAgent } from "@nofx/control/agents";
import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { seedRun, startTestStack, until, type TestStack } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// Worker and agent run in processes of their own; people decide through the commands; nobody shares anything but HTTP
// and Postgres.

const WORKER = fileURLToPath(new URL("../../apps/worker/src/main.ts", import.meta.url));
const AGENT = fileURLToPath(new URL("./fixtures/demo-agent.ts", import.meta.url));

let stack: TestStack;
let planes: TestPlane;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  planes = await createTestPlane({
    url: stack.gatewayUrl,
    anonKey: stack.keys.publishableKey,
    jwtSecret: stack.keys.jwtSecret,
    database: stack.database,
  });
  folder = mkdtempSync(join(tmpdir(), "nofx-agent-"));
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await planes[Symbol.asyncDispose]();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(
  script: string,
  env: Record<string, string>,
): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  const note = (chunk: Buffer) => {
    said += chunk.toString();
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  return { child, said: () => said };
}

async function startWorker(): Promise<string> {
  const { said } = start(WORKER, {
    DATABASE_DIRECT_URL: stack.database.url("nofx_worker"),
    DATABASE_GATEWAY_URL: stack.database.url("nofx_agent_gateway"),
    SUPABASE_URL: stack.gatewayUrl,
    SUPABASE_ANON_KEY: stack.keys.publishableKey,
    SUPABASE_JWT_SECRET: stack.keys.jwtSecret,
    NOFX_GATEWAY_PORT: "0",
    NOFX_WORKSPACES: join(folder, "workspaces"),
    NOFX_WORKSPACE_ROOT: folder,
  });
  return until("the worker serves the agent API", () => /"gateway":"([^"]+)"/.exec(said())?.[1]);
}

test("an agent is claimed for, asks people, dies meanwhile, and another process finishes its step", async () => {
  const url = await startWorker();
  const tenant = await planes.tenant();
  const { agentId } = await registerAgent(await tenant.as("supervisor"), {
    name: "patcher",
    capabilities: ["code.patch"],
  });
  const { key } = await issueAgentKey(await tenant.as("supervisor"), { agentId });
  const env = { NOFX_URL: url, NOFX_AGENT_KEY: key ?? "" };
  const first = start(AGENT, env);

  const run = await seedRun(planes.owner, tenant.id, [
    {
      name: "report",
      arguments: { script: "printf 'one\\ntwo\\n' > report.txt", artifacts: ["report.txt"] },
    },
    {
      name: "fix",
      kind: "agent",
      capability: "code.patch",
      needs: ["report"],
      arguments: { capability: "code.patch", input: { file: "a.js" } },
    },
    {
      name: "apply",
      needs: ["fix"],
      arguments: {
        command: ["cat", "in/fix.patch"],
        inputs: [{ from: "fix", artifact: "fix.patch", to: "in/fix.patch" }],
      },
    },
  ]);
  await planes.owner.query("select pg_notify('nofx_doorbell', 'default')");

  const asked = await until("people are asked", async () => {
    const { items } = await listApprovals(await tenant.as("supervisor"), {});
    return items[0];
  });
  expect(asked).toMatchObject({
    question: "Apply it?",
    arguments: { file: "a.js" },
    requestedBy: "patcher",
  });
  await until("the agent has let go", () => first.said().includes("fix"));
  first.child.kill("SIGKILL");

  const second = start(AGENT, env);
  await decideApproval(await tenant.as("supervisor"), {
    approvalId: asked.id,
    decision: "approve",
    argumentsDigest: asked.argumentsDigest,
  });
  await until(
    "the run succeeded",
    async () => {
      const { rows } = await planes.owner.query("select status from runs where id = $1", [run.id]);
      if (rows[0].status === "failed") throw new Error(`${first.said()}\n${second.said()}`);
      return rows[0].status === "succeeded";
    },
    20_000,
  );

  const { rows: steps } = await planes.owner.query(
    "select name, status, output, failures, crashes from steps where run_id = $1 order by position",
    [run.id],
  );
  expect(steps).toMatchObject([
    { name: "report", status: "succeeded" },
    {
      name: "fix",
      status: "succeeded",
      failures: 0,
      crashes: 0,
      output: { lines: 2, triedBy: first.child.pid },
    },
    { name: "apply", status: "succeeded", output: { stdoutTail: "--- a.js\none\ntwo" } },
  ]);
  const { rows: logs } = await planes.owner.query("select text from step_logs where step_id = $1", [
    run.steps["fix"],
  ]);
  expect(logs.map((row) => row.text)).toContain("looks at a.js");
  expect(second.child.pid).not.toBe(first.child.pid);
});

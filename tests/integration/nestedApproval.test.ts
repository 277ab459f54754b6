import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decideApproval, getApproval, listApprovals } from "@nofx/control/approvals";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { putTool } from "@nofx/control/tools";
import { toId } from "@nofx/core/vocabulary";
import { seedAgent, seedRun, until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive, startWorkerStack, type WorkerStack } from "../../apps/worker/test/harness.ts";

// Real processes: what asked is gone when people answer, and another goes on.

const AGENT = fileURLToPath(new URL("./fixtures/nested-agent.ts", import.meta.url));

let stack: WorkerStack;
let planes: TestPlane;
const children: ChildProcess[] = [];
beforeAll(async () => {
  stack = await startWorkerStack();
  planes = await createTestPlane({
    url: stack.stack.gatewayUrl,
    anonKey: stack.stack.keys.publishableKey,
    jwtSecret: stack.stack.keys.jwtSecret,
    database: stack.stack.database,
  });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await planes[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

test("four nested agents over two processes ask; both are killed; a third goes on after the yes, and the tool runs once", async () => {
  const worker = await stack.start();
  const tenant = await planes.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  await putTool(await tenant.as("admin"), {
    name: "deploy",
    version: "1",
    title: "Deploy",
    sensitivity: "critical",
  });
  const trace = join(stack.folder, "trace");
  const start = async (name: string) => {
    const key = `nofx_ak_${randomBytes(24).toString("base64url")}`;
    const capabilities = ["test.level1", "test.level2", "test.level3", "test.level4"];
    const { id } = await seedAgent(stack.owner, tenant.id, {
      capabilities,
      keySha256: createHash("sha256").update(key).digest("hex"),
    });
    await stack.owner.query("update agent_registry set name = $2 where id = $1", [id, name]);
    const child = spawn(process.execPath, [AGENT], {
      stdio: "ignore",
      env: { ...process.env, NOFX_URL: worker.url, NOFX_AGENT_KEY: key, TRACE: trace },
    });
    children.push(child);
    return child;
  };
  const both = [await start("one"), await start("two")];

  const run = await seedRun(stack.owner, tenant.id, [
    {
      name: "top",
      kind: "agent",
      capability: "test.level1",
      arguments: { capability: "test.level1", input: {} },
    },
  ]);
  await stack.owner.query(
    "update runs set created_by_type = 'member', created_by = $2 where id = $1",
    [run.id, operator.actor.id],
  );
  await stack.owner.query("select pg_notify('nofx_doorbell', 'default')");
  const runId = toId("run", run.id);
  const asked = await until("the question is in the inbox", async () => {
    const { items } = await listApprovals(again(supervisor), { runId });
    return items[0];
  });
  // one question, under the root run, with the whole way down to it
  expect(asked).toMatchObject({
    subject: "tool",
    rootRunId: runId,
    stepName: "top.next.next.next",
    tool: "deploy",
    blocking: true,
  });
  expect(asked.chain[0]).toEqual({ type: "member", name: "operator", via: "started the run" });
  expect(asked.chain.slice(1).map(({ type }) => type)).toEqual(
    asked.chain.slice(1).map(() => "agent"),
  );
  expect((await listApprovals(again(supervisor), {})).total).toBe(1);

  await until("nobody holds anything", async () => {
    const { rows } = await stack.owner.query(
      "select from steps where run_id = $1 and status <> 'queued'",
      [run.id],
    );
    return rows.length === 0;
  });
  for (const child of both) child.kill("SIGKILL");
  await until("both are gone", () => both.every((child) => !isAlive(child.pid ?? 0)));

  const third = await start("three");
  const decided = await decideApproval(again(supervisor), {
    approvalId: asked.id,
    decision: "approve",
    argumentsDigest: asked.argumentsDigest,
  });
  expect(decided.id).toBe(asked.id);
  await stack.finished(run);

  const lines = readFileSync(trace, "utf8").trim().split("\n");
  expect(lines).toEqual([`${third.pid} {"env":"production"}`]);
  expect((await stack.step(run, "top")).output).toBe(third.pid);
  const { grant } = await getApproval(again(supervisor), { approvalId: asked.id });
  expect(grant?.consumedAt).not.toBeNull();
  const { rows } = await stack.owner.query(
    "select status, tool, epoch::int > 1 as later from tool_runs where run_id = $1",
    [run.id],
  );
  expect(rows).toEqual([{ status: "succeeded", tool: "deploy", later: true }]);
}, 90_000);

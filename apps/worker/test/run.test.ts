import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive, sh, startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

let stack: WorkerStack;
let worker: WorkerProcess;
beforeAll(async () => {
  stack = await startWorkerStack();
  worker = await stack.start();
  const source = join(stack.folder, "project");
  mkdirSync(join(source, "node_modules"), { recursive: true });
  mkdirSync(join(source, "out"));
  writeFileSync(join(source, "data.txt"), "from the source\n");
  writeFileSync(join(source, "out/old.txt"), "left over\n");
  writeFileSync(join(source, ".gitignore"), "out/\n*.log\n");
});
afterAll(() => stack[Symbol.asyncDispose]());

test("a run of shell steps, from workspace to artifact", async () => {
  const run = await stack.run(
    [
      {
        name: "make",
        arguments: sh(
          'ls; cat data.txt > made.txt; mkdir -p dist; echo one > dist/a.txt; echo two > dist/b.txt; echo "warned" >&2',
          {
            artifacts: ["made.txt", "dist/*.txt"],
          },
        ),
      },
      { name: "beside", arguments: { command: ["node", "-p", "process.version"] } },
      {
        name: "use",
        needs: ["make", "beside"],
        arguments: sh("cat in/copy.txt", {
          inputs: [{ from: "make", artifact: "made.txt", to: "in/copy.txt" }],
        }),
      },
    ],
    { workspace: "project" },
  );
  await stack.finished(run);
  expect(await stack.logs(run, "make")).toEqual(
    expect.arrayContaining([
      "system: not sandboxed: runs with the worker's rights",
      "stdout: data.txt",
      "stderr: warned",
    ]),
  );
  expect((await stack.logs(run, "make"))[0]).toContain("not sandboxed");
  expect(await stack.logs(run, "make")).not.toContain("stdout: out");
  expect(await stack.logs(run, "use")).toContain("stdout: from the source");
  expect((await stack.step(run, "beside")).output).toMatchObject({
    exitCode: 0,
    stdoutTail: process.version,
  });
  const { rows } = await stack.owner.query(
    "select name, content_type from artifacts where run_id = $1 and stored_at is not null order by name",
    [run.id],
  );
  expect(rows.map((row) => row.name)).toEqual(["dist/a.txt", "dist/b.txt", "made.txt"]);
});

test("a command knows its step and nothing of the worker's secrets", async () => {
  const run = await stack.run([
    { name: "look", arguments: sh("env | sort; pwd", { env: { OWN: "yes" } }) },
  ]);
  await stack.finished(run);
  const logs = (await stack.logs(run, "look")).join("\n");
  expect(logs).toContain(`NOFX_STEP_ID=${run.steps["look"]}`);
  expect(logs).toContain(`NOFX_IDEMPOTENCY_KEY=token-${run.steps["look"]}`);
  expect(logs).toContain("OWN=yes");
  expect(logs).toContain(`HOME=${stack.folder}/workspaces/${run.id}/.home`);
  expect(logs).not.toMatch(/DATABASE|SUPABASE|SECRET/);
});

describe("what fails, and how", () => {
  test.each([
    [
      "a command that ends badly",
      sh("echo why >&2; exit 3"),
      "exit_nonzero",
      /ended with 3\.\n(.*\n)*why/,
    ],
    [
      "a program that is not there",
      { command: ["no-such-program"] },
      "spawn_failed",
      /no-such-program/,
    ],
    [
      "an artifact that was not made",
      sh("true", { artifacts: ["never.txt"] }),
      "artifact_missing",
      /never\.txt/,
    ],
    [
      "a pattern without a match",
      sh("true", { artifacts: ["none/*.txt"] }),
      "artifact_missing",
      /none/,
    ],
    [
      "a link that leads out",
      sh("ln -s /etc/passwd secret", { artifacts: ["secret"] }),
      "invalid_input",
      /leads out/,
    ],
    [
      "an input that nobody left",
      sh("true", { inputs: [{ from: "x", artifact: "y", to: "z" }] }),
      "artifact_missing",
      /"x"/,
    ],
    ["arguments of another form", { program: "x" }, "invalid_input", /arguments/],
  ])("%s", async (_name, args, code, message) => {
    const run = await stack.run([
      { name: "one", arguments: args },
      { name: "two", needs: ["one"] },
    ]);
    await stack.finished(run, "failed");
    const step = await stack.step(run, "one");
    expect(step).toMatchObject({ status: "failed", failures: 1, error: { code } });
    expect(step.error?.message).toMatch(message);
    expect((await stack.step(run, "two")).status).toBe("cancelled");
  });

  test.each([
    ["off", "shell_not_trusted"],
    ["sandboxed", "sandbox_unavailable"],
  ] as const)("commands of a tenant whose shell is %s do not run", async (shell, code) => {
    const run = await stack.run([{ name: "one", arguments: sh("echo ran") }], { shell });
    await stack.finished(run, "failed");
    expect((await stack.step(run, "one")).error).toMatchObject({ code });
    expect(await stack.logs(run, "one")).not.toContain("stdout: ran");
  });

  test("a workspace outside the worker's root is refused", async () => {
    symlinkSync("/etc", join(stack.folder, "link"));
    for (const workspace of ["../..", "/etc", "link", "missing"]) {
      const run = await stack.run([{ name: "one", arguments: sh("pwd") }], { workspace });
      await stack.finished(run, "failed");
      expect((await stack.step(run, "one")).error).toMatchObject({ code: "invalid_input" });
    }
  });

  test("a command that takes too long is stopped with all it started, and tried again later", async () => {
    const run = await stack.run([
      {
        name: "slow",
        arguments: sh("sleep 300 & echo $! > pid; wait", { timeoutSeconds: 1 }),
        maxFailures: 2,
      },
    ]);
    await until("it failed once", async () => (await stack.step(run, "slow")).failures > 0);
    const step = await stack.step(run, "slow");
    expect(step.error).toMatchObject({ code: "timeout" });
    expect(step.status).toBe("queued");
    const pid = Number(readFileSync(join(stack.folder, "workspaces", run.id, "pid"), "utf8"));
    expect(isAlive(pid)).toBe(false);
  });
});

test("output of any kind is kept within bounds", async () => {
  const program = `
    process.stdout.write(Buffer.from([0xff, 0xfe, 0x00, 0x41, 0x0a]));
    process.stdout.write("x".repeat(40000) + "\\n");
    for (let i = 0; i < 30000; i++) process.stdout.write("line " + i + " " + "y".repeat(60) + "\\n");
    process.stdout.write("no newline at the end");
  `;
  const run = await stack.run([{ name: "talk", arguments: { command: ["node", "-e", program] } }]);
  await stack.finished(run);
  const { rows } = await stack.owner.query(
    "select sum(length(text))::int as size, max(length(text))::int as longest, count(*)::int as lines from step_logs where step_id = $1",
    [run.steps["talk"]],
  );
  expect(rows[0].size).toBeLessThan(1.1 * 1024 * 1024);
  expect(rows[0].longest).toBeLessThanOrEqual(16_384);
  const logs = await stack.logs(run, "talk");
  expect(logs).toContain("stdout: \ufffd\ufffd\ufffdA");
  expect(logs.some((line) => line.includes("[line cut here]"))).toBe(true);
  expect(logs).toContain("system: stdout: more than 1 MiB; the rest is not kept");
  expect((await stack.step(run, "talk")).output?.["stdoutTail"]).toMatch(
    /line 29999 y+\nno newline at the end$/,
  );
});

test("an approval step waits for people without holding a slot, and goes on with their answer", async () => {
  const run = await stack.run([
    {
      name: "ask",
      kind: "approval",
      arguments: { question: "Ship it?", details: { version: "1.4.1" } },
    },
    { name: "ship", needs: ["ask"], arguments: sh("echo shipped") },
  ]);
  const asked = await until("people are asked", async () => {
    const { rows } = await stack.owner.query("select * from approvals where step_id = $1", [
      run.steps["ask"],
    ]);
    return rows[0] as { id: string; question: string; arguments: unknown } | undefined;
  });
  expect(asked).toMatchObject({ question: "Ship it?", arguments: { version: "1.4.1" } });
  await until("the step is held", async () => (await stack.step(run, "ask")).holds === 2);
  await until("no slot is held", async () => (await worker.metric("nofx_steps_in_flight")) === 0);
  await decide(asked.id, "approved");
  await stack.finished(run);
  expect((await stack.step(run, "ask")).output).toMatchObject({ status: "approved" });
  expect(await stack.attempts(run, "ask")).toEqual(["suspended", "succeeded"]);
});

test("a no ends the approval step and what needs it", async () => {
  const run = await stack.run([
    { name: "ask", kind: "approval", arguments: { question: "Ship it?" } },
    { name: "ship", needs: ["ask"], arguments: sh("echo shipped") },
  ]);
  const asked = await until("people are asked", async () => {
    const { rows } = await stack.owner.query("select id from approvals where step_id = $1", [
      run.steps["ask"],
    ]);
    return rows[0] as { id: string } | undefined;
  });
  await decide(asked.id, "rejected");
  await stack.finished(run, "failed");
  expect((await stack.step(run, "ask")).error).toMatchObject({ code: "approval_rejected" });
});

test("an approval step whose rule names a group that is not there asks nobody and fails", async () => {
  const rule = { groups: [{ group: "nobody" }] };
  const run = await stack.run([
    { name: "ask", kind: "approval", arguments: { question: "Ship it?", rule } },
  ]);
  await stack.finished(run, "failed");
  const { error } = await stack.step(run, "ask");
  expect(error).toMatchObject({ code: "invalid_input", message: expect.stringMatching(/nobody/) });
});

async function decide(approvalId: string, status: string): Promise<void> {
  await stack.owner.query(
    "update approvals set status = $2, decided_at = clock_timestamp() where id = $1",
    [approvalId, status],
  );
  await stack.owner.query(
    "update steps set holds = 0, run_at = clock_timestamp() where id = (select step_id from approvals where id = $1)",
    [approvalId],
  );
  await stack.owner.query("select pg_notify('nofx_doorbell', 'default')");
}

test("what happened is numbered and told on realtime's topics", async () => {
  const run = await stack.run([{ name: "one", arguments: sh("true") }]);
  await stack.finished(run);
  await until("all events have a number", async () => {
    const { rows } = await stack.owner.query(
      "select bool_and(seq is not null) as ok from events where run_id = $1",
      [run.id],
    );
    return rows[0].ok === true;
  });
  const topics = [`run:${run.id}`, `tenant:${run.tenantId}`];
  const told = await until("the topics were nudged", async () => {
    const { rows } = await stack.owner.query(
      "select distinct topic from realtime.messages where topic = any ($1)",
      [topics],
    );
    return rows.length === 2 && rows.map((row) => row.topic as string);
  });
  expect(told.toSorted()).toEqual(topics.toSorted());
});

test("health and metrics answer", async () => {
  const health = await fetch(`${worker.url}/health`);
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({ status: "ok" });
  expect(await worker.metric("nofx_steps_settled_total")).toBeGreaterThan(5);
  expect((await fetch(`${worker.url}/nothing`)).status).toBe(404);
});

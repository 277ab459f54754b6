import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

let stack: WorkerStack;
beforeAll(async () => {
  stack = await startWorkerStack();
});
afterAll(() => stack[Symbol.asyncDispose]());

const ENV = { NOFX_LEASE_SECONDS: "4", NOFX_STRAND_SECONDS: "2" };

/** Kills the worker that runs it, however many processes stand between, and nobody above it. */
const KILLS_ITS_WORKER = [
  process.execPath,
  "-e",
  `const { readFileSync } = require("node:fs");
   for (let pid = process.ppid; pid > 1; pid = Number(/^PPid:\\s+(\\d+)/m.exec(readFileSync("/proc/" + pid + "/status", "utf8"))[1])) {
     if (!readFileSync("/proc/" + pid + "/cmdline", "utf8").includes(["worker", "src", "main.ts"].join("/"))) continue;
     process.kill(pid, "SIGKILL");
     break;
   }`,
];

test("each ends with its own stage and reason, and the others are done meanwhile", async () => {
  const poison = await stack.run([
    { name: "hangs", maxFailures: 1, arguments: sh("sleep 300", { timeoutSeconds: 1 }) },
    { name: "kills", arguments: { command: KILLS_ITS_WORKER } },
    { name: "unreadable", arguments: { command: "not a list" } },
    { name: "unknown", kind: "shell", kindVersion: 99, arguments: sh(":") },
  ]);
  const throws = await stack.run([{ name: "throws", maxFailures: 2, arguments: sh(":") }]);
  // where its workspace should be there is a file: no code of ours expects that
  mkdirSync(join(stack.folder, "workspaces"), { recursive: true });
  writeFileSync(join(stack.folder, "workspaces", throws.id), "in the way");
  const rest = await stack.run(
    Array.from({ length: 20 }, (_, i) => ({ name: `s${i}`, arguments: sh(":") })),
  );

  // somebody starts a worker again whenever one is gone
  let workers: WorkerProcess[] = [];
  const keepTwo = async () => {
    while (workers.length < 2) {
      const worker = await stack.start(ENV);
      workers.push(worker);
      void worker.exited.then(() => {
        workers = workers.filter((one) => one !== worker);
      });
    }
  };
  await until(
    "all has ended",
    async () => {
      await keepTwo();
      const { rows } = await stack.owner.query(
        "select 1 from runs where id = any ($1) and finished_at is null",
        [[poison.id, throws.id, rest.id]],
      );
      return rows.length === 0;
    },
    60_000,
  );

  const { rows } = await stack.owner.query(
    `select s.name, d.stage, d.reason from dead_letters d join steps s on s.id = d.step_id
     where d.run_id = any ($1) order by s.name`,
    [[poison.id, throws.id]],
  );
  expect(rows).toEqual([
    { name: "hangs", stage: "execute", reason: "retries_exhausted" },
    { name: "kills", stage: "execute", reason: "poison_crash" },
    { name: "throws", stage: "execute", reason: "unclassified" },
    { name: "unknown", stage: "claim", reason: "unknown_handler" },
    { name: "unreadable", stage: "input", reason: "invalid_input" },
  ]);
  expect(await stack.step(poison, "kills")).toMatchObject({ crashes: 3, failures: 0 });
  expect(await stack.runStatus(rest)).toBe("succeeded");
  const { rows: kept } = await stack.owner.query(
    `select count(*)::int as steps, max(crashes)::int as crashes, max(failures)::int as failures
     from steps where run_id = $1 and status = 'succeeded'`,
    [rest.id],
  );
  expect(kept).toMatchObject([{ steps: 20, failures: 0 }]);
  // who ran beside it when it killed its worker is taken along at most twice, and then kept apart
  expect(kept[0].crashes).toBeLessThan(3);
}, 90_000);

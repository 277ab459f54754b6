import { until } from "@nofx/db/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerStack } from "./harness.ts";

// Two versions of the worker's code side by side, as in the middle of a rolling release.
const PROVE = process.env["PROVE"] === "1";
const STEPS = PROVE ? 600 : 36;
const LONG = PROVE ? 400_000 : 100_000;

let stack: WorkerStack;
beforeEach(async () => {
  stack = await startWorkerStack();
});
afterEach(() => stack[Symbol.asyncDispose]());

const NEXT = new URL("./fixtures/next-version.ts", import.meta.url).href;
const startOld = (env = {}) => stack.start({ NOFX_WORKER_VERSION: "1.0.0", ...env });
const startNew = (env = {}) =>
  stack.start({ NOFX_WORKER_VERSION: "2.0.0", NODE_OPTIONS: `--import=${NEXT}`, ...env });

test(
  "two workers of different code versions side by side: each step runs where its code is, and none is stranded",
  async () => {
    const run = await stack.run(
      Array.from({ length: STEPS }, (_, i) => ({
        name: `${i % 2 === 0 ? "this" : "next"}-${i}`,
        kindVersion: i % 2 === 0 ? 1 : 2,
        arguments: sh("sleep 0.02"),
        ...(i % 6 === 5 ? { needs: [`this-${i - 5}`] } : {}),
      })),
    );
    const ended = async (version: string) => {
      const { rows } = await stack.owner.query(
        "select count(*)::int as n from attempts where run_id = $1 and worker_version = $2 and outcome = 'succeeded'",
        [run.id, version],
      );
      return rows[0].n as number;
    };
    const old = await startOld();
    await until("the old one is at work", async () => (await ended("1.0.0")) > 0);
    await startNew();
    await until("both are", async () => (await ended("2.0.0")) > 0);
    old.signal("SIGTERM");
    expect(await old.exited).toBe(0);
    await startNew();
    await stack.finished(run, "succeeded", LONG);

    const { rows } = await stack.owner.query(
      `select s.kind_version as step, a.worker_version as worker, s.output ->> 'ranBy' as ran_by, count(*)::int as n
     from steps s join attempts a on a.step_id = s.id and a.outcome = 'succeeded'
     where s.run_id = $1 group by 1, 2, 3 order by 1, 2`,
      [run.id],
    );
    const next = { step: 2, worker: "2.0.0", ran_by: "shell@2", n: STEPS / 2 };
    expect(rows.filter((row) => row.step === 2)).toEqual([next]);
    const first = rows.filter((row) => row.step === 1);
    expect(first.map((row) => row.worker)).toContain("1.0.0");
    expect(first.reduce((sum, row) => sum + row.n, 0)).toBe(STEPS / 2);
    expect(first.every((row) => row.ran_by === null)).toBe(true);
    const strays = await stack.owner.query(
      `select from attempts a join steps s on s.id = a.step_id
     where s.kind_version = 2 and a.worker_version = '1.0.0'
     union all select from dead_letters`,
    );
    expect(strays.rowCount).toBe(0);
  },
  LONG + 20_000,
);

test("a step that nobody has code for fails with what is missing, instead of waiting for ever", async () => {
  const run = await stack.run([
    { name: "this", arguments: sh(":") },
    { name: "next", kindVersion: 2, arguments: sh(":") },
    { name: "after", needs: ["next"], arguments: sh(":") },
  ]);
  await startOld({ NOFX_STRAND_SECONDS: "1" });
  await stack.finished(run, "failed");
  expect(await stack.step(run, "this")).toMatchObject({ status: "succeeded" });
  expect(await stack.step(run, "next")).toMatchObject({
    status: "failed",
    epoch: 0,
    error: { code: "unknown_handler", message: expect.stringContaining("shell@2") },
  });
  expect(await stack.step(run, "after")).toMatchObject({ status: "cancelled" });
  const letters = await stack.owner.query("select stage, reason from dead_letters");
  expect(letters.rows).toEqual([{ stage: "claim", reason: "unknown_handler" }]);
});

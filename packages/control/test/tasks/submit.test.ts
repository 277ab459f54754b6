import { randomUUID } from "node:crypto";
import type { MemberContext } from "@nofx/control/command";
import { getRun, listRuns } from "@nofx/control/runs";
import { submitTasks } from "@nofx/control/tasks";
import { again } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";
import { startControl, type ControlPlane } from "../run-control/harness.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControl();
});
afterAll(() => plane[Symbol.asyncDispose]());

const shell = (more: Record<string, unknown> = {}) => ({
  kind: "shell" as const,
  with: { script: ":" },
  ...more,
});

async function operatorOf(options: Parameters<typeof plane.t.tenant>[0] = { shell: "trusted" }) {
  return (await plane.t.tenant(options)).as("operator");
}

async function of<T extends object>(ctx: MemberContext, sql: string): Promise<T[]> {
  return (await plane.t.owner.query<T>(sql, [ctx.tenantId])).rows;
}

test("tasks are runs without a plan, in the order given, told and written down once", async () => {
  const operator = await operatorOf();
  const titles = ["c", "a", "b"];
  const { runs, existing } = await submitTasks(operator, {
    tasks: titles.map((title, i) => shell({ title, priority: i + 1, key: `key-${title}` })),
  });
  expect(existing).toBe(0);
  const views = await Promise.all(runs.map((runId) => getRun(operator, { runId })));
  expect(views.map(({ title }) => title)).toEqual(titles);
  expect(views[0]).toMatchObject({
    planId: null,
    planVersion: null,
    pack: null,
    key: "key-c",
    queue: "default",
    status: "queued",
    steps: 1,
    stepList: [{ name: "task", title: "c", with: { script: ":", timeoutSeconds: 600 } }],
  });
  expect((await plane.claim()).map(({ title }) => title)).toEqual(titles);
  expect(
    await of(operator, "select payload from events where tenant_id = $1 and type = 'tasks.queued'"),
  ).toEqual([{ payload: { count: 3, runs: runs.map((id) => toUuid("run", id)) } }]);
  const [entry, ...more] = await of<{ body: string }>(
    operator,
    "select body from audit_log where tenant_id = $1 and verb = 'tasks.submitted'",
  );
  expect(more).toEqual([]);
  expect(JSON.parse(entry?.body ?? "")).toEqual({
    count: 3,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test("a key makes one task, in one call and over several; the same request is answered as before", async () => {
  const operator = await operatorOf();
  const first = await submitTasks(operator, {
    tasks: [shell({ key: "a" }), shell(), shell({ key: "a" })],
  });
  expect(first.existing).toBe(1);
  expect(first.runs[2]).toBe(first.runs[0]);
  const repeated = again(operator, operator.idempotencyKey);
  expect(
    await submitTasks(repeated, { tasks: [shell({ key: "a" }), shell(), shell({ key: "a" })] }),
  ).toEqual(first);
  expect(repeated.replayed).toBe(true);
  const second = await submitTasks(again(operator), {
    tasks: [shell({ key: "b" }), shell({ key: "a", title: "another" })],
  });
  expect(second).toEqual({ runs: [expect.any(String), first.runs[0]], existing: 1 });
  const tokens = await of<{ token: string }>(
    operator,
    "select token from steps where tenant_id = $1",
  );
  expect(new Set(tokens.map(({ token }) => token)).size).toBe(3);
});

test("two submit the same keys at once, and each key becomes one task", async () => {
  const operator = await operatorOf();
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  const [there, back] = await Promise.all(
    [keys, keys.toReversed()].map((order) =>
      submitTasks(again(operator), { tasks: order.map((key) => shell({ key })) }),
    ),
  );
  expect(back?.runs.toReversed()).toEqual(there?.runs);
  expect((there?.existing ?? 0) + (back?.existing ?? 0)).toBe(20);
  const rows = await of(operator, "select task_key from runs where tenant_id = $1");
  expect(rows).toHaveLength(20);
});

test("what needs a plan is refused as a whole, by place, with what to do", async () => {
  const operator = await operatorOf();
  const error = await refusal(
    submitTasks(operator, { tasks: [shell(), shell({ sensitive: true }), shell()] }),
  );
  expect(error).toMatchObject({
    code: "plan_required",
    status: 422,
    detail: expect.stringContaining("backlog"),
    issues: [{ path: "/tasks/1", message: expect.stringContaining("approved") }],
  });
  const off = await operatorOf({ shell: "off" });
  expect(await refusal(submitTasks(off, { tasks: [shell()] }))).toMatchObject({
    code: "plan_required",
    issues: [{ path: "/tasks/0", message: expect.stringContaining('"shell" is "off"') }],
  });
  for (const ctx of [operator, off]) {
    expect(await of(ctx, "select id from runs where tenant_id = $1")).toEqual([]);
  }
});

test.each([
  ["arguments that are not of the kind", { kind: "http", with: { url: "ftp://x" } }, "/with/url"],
  ["an unknown kind", { kind: "magic" }, "/kind"],
  ["a queue that has no name", shell({ queue: "Big Queue" }), "/queue"],
  ["a priority that does not exist", shell({ priority: 6 }), "/priority"],
  ["two times", shell({ runAt: "2030-01-01T00:00:00Z", delaySeconds: 1 }), "/delaySeconds"],
  ["a time in years", shell({ runAt: "2999-01-01T00:00:00Z" }), "/runAt"],
  ["a field that tasks do not have", shell({ needs: ["a"] }), ""],
])("%s: invalid_input, by place", async (_, task, path) => {
  const error = await refusal(submitTasks(await operatorOf(), { tasks: [task as never] }));
  expect(error).toMatchObject({ code: "invalid_input" });
  expect(error.issues[0]?.path).toBe(`/tasks/0${path}`);
});

test("no more than a thousand a call, and not by those who only watch", async () => {
  const tasks = Array.from({ length: 1_001 }, () => shell());
  const tenant = await plane.t.tenant();
  const operator = await tenant.as("operator");
  expect((await refusal(submitTasks(operator, { tasks }))).code).toBe("invalid_input");
  expect((await refusal(submitTasks(operator, { tasks: [] }))).code).toBe("invalid_input");
  const viewer = await tenant.as("viewer");
  expect((await refusal(submitTasks(viewer, { tasks: [shell()] }))).code).toBe("forbidden");
  const { runs } = await submitTasks(again(operator), { tasks: tasks.slice(1) });
  expect(new Set(runs).size).toBe(1_000);
  await plane.t.owner.query("update steps set priority = 5, queue = 'aside' where tenant_id = $1", [
    operator.tenantId,
  ]);
});

test("what is to run later is not claimed before its time, nor before what was queued earlier", async () => {
  const operator = await operatorOf();
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  const { runs } = await submitTasks(operator, {
    tasks: [
      shell({ title: "delayed", delaySeconds: 3_600, priority: 1 }),
      shell({ title: "at", runAt: inAnHour, priority: 1 }),
      shell({ title: "now" }),
      shell({ title: "long ago", runAt: "2020-01-01T00:00:00Z" }),
    ],
  });
  const mine = async () =>
    (await plane.claim()).flatMap(({ tenant_id, title }) =>
      tenant_id === operator.tenantId ? [title] : [],
    );
  expect(await mine()).toEqual(["now", "long ago"]);
  const { stepList } = await getRun(operator, { runId: runs[1] ?? "" });
  expect(stepList[0]?.runAt).toBe(inAnHour);
  expect(stepList[0]?.waitingFor).toBe(
    `Begins at ${inAnHour.slice(0, 10)} ${inAnHour.slice(11, 19)} UTC.`,
  );
  const pass = (seconds: number) =>
    plane.t.owner.query(
      "update steps set run_at = run_at - make_interval(secs => $2) where tenant_id = $1",
      [operator.tenantId, seconds],
    );
  await pass(3_500);
  expect(await mine()).toEqual([]);
  await pass(200);
  expect((await mine()).toSorted()).toEqual(["at", "delayed"]);
});

test("a tenant's keys and tasks are its own", async () => {
  const [mine, other] = [await operatorOf(), await operatorOf()];
  const key = randomUUID();
  const { runs } = await submitTasks(mine, { tasks: [shell({ key })] });
  const theirs = await submitTasks(other, { tasks: [shell({ key })] });
  expect(theirs.existing).toBe(0);
  expect(theirs.runs).not.toEqual(runs);
  expect((await refusal(getRun(other, { runId: runs[0] ?? "" }))).code).toBe("not_found");
  const { items } = await listRuns(other, { type: "task" });
  expect(items.map(({ id }) => id)).toEqual(theirs.runs);
});

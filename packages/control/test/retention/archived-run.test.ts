import { listBacklog } from "@nofx/control/backlog";
import { listDeadLetters } from "@nofx/control/dead-letters";
import { listEvents } from "@nofx/control/events";
import { getPlan } from "@nofx/control/plans";
import {
  cancelRun,
  cancelStep,
  forkRun,
  getRun,
  listRunLogs,
  listRuns,
  pauseRun,
  rerunRun,
  resumeRun,
} from "@nofx/control/runs";
import { again, type TestTenant } from "@nofx/control/testing";
import { listWaits } from "@nofx/control/waits";
import type { MemberContext } from "@nofx/control/command";
import { appendLogs, archive, seal } from "@nofx/db/leases";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import { ended, startControl, statuses, type ControlPlane } from "../run-control/harness.ts";

let control: ControlPlane;
let tenant: TestTenant;
let operator: MemberContext;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  tenant = await control.t.tenant();
  operator = await tenant.as("operator");
  await control.t.owner.query(
    `insert into tenant_settings (tenant_id, key, value) values ($1, 'retention', '{"archive_after_seconds": 0}')`,
    [tenant.id],
  );
});

async function sealAll(): Promise<void> {
  await until("every event has its number", async () => {
    await seal(control.worker, 1_000);
    return (await control.t.owner.query("select from events where seq is null")).rowCount === 0;
  });
}

/** Moves everything that has ended to the history; answers how many runs. */
async function archiveAll(): Promise<number> {
  await sealAll();
  return (await archive(control.worker, 100)).runs;
}

const ITEMS = [shellItem("a"), shellItem("b", { needs: ["a"] }), shellItem("beside")];

test("everything reads as before, but for the mark", async () => {
  const run = await control.run(operator, ITEMS);
  const [first] = await control.claim(1);
  await appendLogs(control.worker, { stepId: first!.id, epoch: first!.epoch, tenantId: null }, [
    { seq: 0, at: "2026-01-01T00:00:00Z", stream: "stdout", text: "hello" },
  ]);
  await control.settle(ended(first!, "ok"));
  await control.work();
  const read = async () => ({
    run: await getRun(operator, { runId: run.id }),
    runs: await listRuns(operator, {}),
    logs: await listRunLogs(operator, { runId: run.id }),
    items: await listBacklog(operator, {}),
    plan: await getPlan(operator, { planId: run.planId! }),
    waits: await listWaits(operator, { runId: run.id, status: "all" }),
    events: (await listEvents(operator, { runId: run.id })).items.length,
  });
  await sealAll();
  const before = await read();
  expect(before.run).toMatchObject({ status: "succeeded", archived: false });
  expect(before.logs.items).toHaveLength(1);
  expect(before.items.items.map(({ state }) => state)).toEqual(["done", "done", "done"]);
  expect(await archiveAll()).toBe(1);
  const after = await read();
  expect(after.run.archived).toBe(true);
  expect(after).toEqual({
    ...before,
    run: { ...before.run, archived: true },
    runs: { ...before.runs, items: before.runs.items.map((one) => ({ ...one, archived: true })) },
  });
});

test("pages of the list go on from live runs into the history, each run once", async () => {
  const made: string[] = [];
  for (let i = 0; i < 4; i += 1) {
    made.unshift((await control.run(operator, [shellItem("a")])).id);
    await control.work();
    if (i === 1) await archiveAll();
  }
  const seen: { id: string; archived: boolean }[] = [];
  let cursor: string | undefined;
  do {
    const page = await listRuns(operator, {
      limit: 1,
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen.map(({ id }) => id)).toEqual(made);
  expect(seen.map(({ archived }) => archived)).toEqual([false, false, true, true]);
  const failed = await listRuns(operator, { status: "failed" });
  expect(failed.items).toEqual([]);
  expect((await listRuns(operator, { status: "succeeded" })).items).toHaveLength(4);
});

test("control is refused as on any finished run; strangers find nothing", async () => {
  const run = await control.run(operator, ITEMS);
  await control.work();
  await archiveAll();
  for (const verb of [pauseRun, resumeRun, cancelRun]) {
    expect((await refusal(verb(again(operator), { runId: run.id }))).code).toBe("run_finished");
  }
  const one = cancelStep(again(operator), { runId: run.id, stepName: "a" });
  expect((await refusal(one)).code).toBe("run_finished");
  const stranger = await (await control.t.tenant()).as("admin");
  for (const ask of [
    () => getRun(stranger, { runId: run.id }),
    () => pauseRun(again(stranger), { runId: run.id }),
    () => rerunRun(again(stranger), { runId: run.id }),
  ]) {
    expect((await refusal(ask())).code).toBe("not_found");
  }
  expect((await listRuns(stranger, {})).items).toEqual([]);
  expect((await getRun(operator, { runId: run.id })).archived).toBe(true);
});

test("a fork brings its run back with all that it takes over; both go together afterwards", async () => {
  const run = await control.run(operator, ITEMS);
  await control.work();
  await archiveAll();
  const made = await forkRun(again(operator), { runId: run.id, from: ["b"] });
  expect(made).toMatchObject({ steps: 3, kept: 2 });
  expect((await getRun(operator, { runId: run.id })).archived).toBe(false);
  expect(await archiveAll()).toBe(0);
  const [step] = await control.claim();
  expect(step!.needs).toMatchObject([{ name: "a", output: { by: "a" } }]);
  await control.settle(ended(step!, "ok"));
  expect(await archiveAll()).toBe(2);
  const shown = await getRun(operator, { runId: made.runId });
  expect(statuses(shown)).toEqual({ a: "succeeded", b: "succeeded", beside: "succeeded" });
  expect(shown.stepList.find(({ name }) => name === "a")?.keptFrom?.runId).toBe(run.id);

  const rerun = await rerunRun(again(operator), { runId: made.runId });
  expect(rerun.kept).toBe(0);
  await control.work();
});

test("a refused fork leaves its run in the history", async () => {
  const run = await control.run(operator, ITEMS);
  await control.work();
  await archiveAll();
  const refused = forkRun(again(operator), { runId: run.id, from: ["nothing"] });
  expect((await refusal(refused)).code).toBe("invalid_input");
  expect((await getRun(operator, { runId: run.id })).archived).toBe(true);
});

test("a dead letter keeps its run live until people are done with it, and names it afterwards", async () => {
  const run = await control.run(operator, ITEMS);
  await control.work((step) => (step.name === "a" ? { code: "invalid_input" } : "ok"));
  expect(await archiveAll()).toBe(0);
  await control.t.owner.query("update dead_letters set status = 'discarded'");
  expect(await archiveAll()).toBe(1);
  const { items } = await listDeadLetters(operator, { status: "all" });
  expect(items).toMatchObject([{ runId: run.id, stepName: "a", status: "discarded" }]);
});

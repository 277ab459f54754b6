import type { MemberContext } from "@nofx/control/command";
import {
  createSchedule,
  fireDue,
  getSchedule,
  listFirings,
  listSchedules,
  pauseSchedule,
  previewSchedule,
  removeSchedule,
  resumeSchedule,
  runSchedule,
  updateSchedule,
} from "@nofx/control/schedules";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";

let t: TestPlane;
let engine: WorkerEngine;
let tenant: TestTenant;
beforeAll(async () => {
  t = await createTestPlane();
  engine = createWorkerEngine({
    connectionString: t.database.url("nofx_worker"),
    worker: "scheduler",
    max: 2,
  });
  await t.owner.query("insert into engine.leaders values ('scheduler', 1, 'x', clock_timestamp())");
});
afterAll(async () => {
  await engine.close();
  await t[Symbol.asyncDispose]();
});
beforeEach(async () => {
  tenant = await t.tenant();
});

const operator = (): Promise<MemberContext> => tenant.as("operator");
const SHELL = { kind: "shell", with: { script: ":" } } as const;
const create = async (rest: Partial<Parameters<typeof createSchedule>[1]> = {}) =>
  createSchedule(await operator(), { name: "s", cron: "0 0 1 1 *", task: SHELL, ...rest });

const MINUTE_MS = 60_000;
/** The scheduler's clock: half past one minute, so that no minute begins while a test runs. */
const NOW = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS + MINUTE_MS / 2;

/** Has it due since so long ago, and lets the scheduler look. */
async function dueSince(id: string, interval: string) {
  await t.owner.query(
    "update schedules set next_at = date_trunc('minute', $3::timestamptz - $2::interval) where id = $1",
    [toUuid("schedule", id as never), interval, new Date(NOW).toISOString()],
  );
  const errors: unknown[] = [];
  const pass = await fireDue(engine.schedules, 1, {
    now: NOW,
    onError: (error) => errors.push(error),
  });
  expect(errors).toEqual([]);
  return pass.firings.map(({ outcome }) => outcome);
}

test("a schedule is made, says what it is in words, and is listed", async () => {
  const made = await create({ name: "new-year", timeZone: "Europe/Berlin" });
  expect(made).toMatchObject({
    name: "new-year",
    words: "At 00:00, on day 1 of the month, only in January",
    status: "active",
    version: 1,
    misses: 0,
    lastRun: null,
  });
  expect(made.nextAt).toMatch(/-12-31T23:00:00.000Z$/);
  await create({ name: "other" });
  const ask = async (filter: Parameters<typeof listSchedules>[1]) =>
    (await listSchedules(await operator(), filter)).items.map(({ name }) => name);
  expect(await ask({})).toEqual(["other", "new-year"]);
  expect(await ask({ search: "year" })).toEqual(["new-year"]);
  expect(await ask({ status: "paused" })).toEqual([]);
  const detail = await getSchedule(await operator(), { scheduleId: made.id });
  expect(detail.next).toHaveLength(5);
  expect(detail.next[0]?.local).toMatch(/-01-01 00:00:00 \+01:00$/);
});

test.each([
  ["cron_invalid", { cron: "61 * * * *" }],
  ["time_zone_unknown", { timeZone: "Mars/Olympus" }],
  ["time_zone_unknown", { cron: undefined, everySeconds: 60, timeZone: "Mars/Olympus" }],
  ["schedule_never_fires", { cron: "0 0 30 2 *" }],
  ["invalid_input", { everySeconds: 60 }],
  ["invalid_input", { name: "Not a name" }],
  ["invalid_input", { task: { kind: "shell", with: {} } }],
  ["plan_required", { task: { ...SHELL, sensitive: true } }],
] as const)("%s refuses %j", async (code, wrong) => {
  expect(await refusal(create(wrong as never))).toMatchObject({ code });
});

test("a name is taken once, viewers make nothing, strangers find nothing", async () => {
  const { id } = await create();
  expect(await refusal(create())).toMatchObject({ code: "conflict" });
  const viewer = await tenant.as("viewer");
  const input = { name: "v", cron: "@daily", task: SHELL };
  expect(await refusal(createSchedule(viewer, input))).toMatchObject({ code: "forbidden" });
  const stranger = await (await t.tenant()).as("operator");
  expect(await refusal(getSchedule(stranger, { scheduleId: id }))).toMatchObject({
    code: "not_found",
  });
});

test("a preview says what a timetable means before there is one", async () => {
  const preview = await previewSchedule(await operator(), {
    cron: "30 2 * * *",
    timeZone: "Asia/Kathmandu",
  });
  expect(preview.words).toBe("At 02:30");
  expect(preview.occurrences.map(({ local }) => local.slice(11))).toEqual(
    Array.from({ length: 5 }, () => "02:30:00 +05:45"),
  );
});

test("what is on time fires; after an hour away the newest does, and one row says what was missed", async () => {
  const prompt = await create({ name: "prompt", cron: "* * * * *" });
  expect(await dueSince(prompt.id, "0 s")).toEqual(["fired"]);
  // put back, it finds that this instant was dealt with
  expect(await dueSince(prompt.id, "0 s")).not.toContain("missed");
  const { id } = await create({ cron: "* * * * *" });
  const outcomes = await dueSince(id, "1 hour");
  expect(outcomes.slice(0, 2)).toEqual(["missed", "fired"]);
  const { firings, misses, lastRun } = await getSchedule(await operator(), { scheduleId: id });
  expect(misses).toBeGreaterThanOrEqual(59);
  expect(firings.find(({ outcome }) => outcome === "missed")).toMatchObject({
    occurrences: misses,
    run: null,
  });
  expect(lastRun).toMatchObject({ status: "queued" });
  const { rows } = await t.owner.query(
    "select payload ->> 'outcome' as outcome, (payload ->> 'count')::integer as count from events where tenant_id = $1 and type = 'schedule.missed'",
    [tenant.id],
  );
  expect(rows).toEqual([{ outcome: "missed", count: misses }]);
});

test("an instant while the run before goes on is left out, where that is wanted", async () => {
  const { id } = await create({ cron: "* * * * *", overlap: "skip" });
  expect(await dueSince(id, "0 s")).toEqual(["fired"]);
  expect(await dueSince(id, "1 minute")).toContain("skipped_overlap");
  await t.owner.query(
    "update runs set status = 'succeeded', finished_at = clock_timestamp(), steps_left = 0 where tenant_id = $1",
    [tenant.id],
  );
  await t.owner.query("delete from schedule_firings where tenant_id = $1", [tenant.id]);
  expect(await dueSince(id, "0 s")).toEqual(["fired"]);
});

test("a task that cannot be made is put down as that, and the schedule goes on", async () => {
  const { id } = await create({ cron: "* * * * *" });
  await t.owner.query(
    "update schedules set task = jsonb_set(task, '{executor}', '\"nobody\"') where id = $1",
    [toUuid("schedule", id)],
  );
  expect(await dueSince(id, "0 s")).toEqual(["failed"]);
  const { firings, nextAt } = await getSchedule(await operator(), { scheduleId: id });
  expect(firings[0]?.error).toMatch(/steps_valid/);
  expect(nextAt).not.toBeNull();
});

test("a schedule that cannot be read is in nobody's way, however few are looked at at a time", async () => {
  const broken = await create({ name: "broken" });
  const fine = await create({ name: "fine", cron: "* * * * *" });
  await t.owner.query("update schedules set time_zone = 'Mars/Olympus' where id = $1", [
    toUuid("schedule", broken.id),
  ]);
  await t.owner.query(
    `update schedules set next_at = date_trunc('minute', $3::timestamptz)
       - case when id = $1 then interval '1 day' else '0 s' end where id = any ($2)`,
    [
      toUuid("schedule", broken.id),
      [broken, fine].map(({ id }) => toUuid("schedule", id)),
      new Date(NOW).toISOString(),
    ],
  );
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const { firings } = await fireDue(engine.schedules, 1, { now: NOW, look: 1, onError });
  const own = firings.filter(({ schedule_id }) => schedule_id === toUuid("schedule", fine.id));
  expect(own).toMatchObject([{ outcome: "fired" }]);
  expect(errors).toMatchObject([{ code: "time_zone_unknown" }]);
  await removeSchedule(await operator(), { scheduleId: broken.id });
});

test("what an older leader decided is refused, and what was decided of an older version does nothing", async () => {
  const { id } = await create({ cron: "* * * * *" });
  const seen = await engine.schedules.due(10, [], Date.now() + 120_000);
  const stale = { ...engine.schedules, due: async () => seen };
  const fire = (term: number) =>
    fireDue(stale, term, {
      now: Date.now() + 120_000,
      onError: (error) => expect.unreachable(String(error)),
    });
  expect(await refusal(fire(0))).toMatchObject({ code: "stale_term" });
  await pauseSchedule(await operator(), { scheduleId: id, reason: "why" });
  const { firings } = await fire(1);
  const own = firings.filter(({ schedule_id }) => schedule_id === toUuid("schedule", id));
  expect(new Set(own.map(({ outcome }) => outcome))).toEqual(new Set(["stale"]));
});

test("paused with a reason it does nothing; resumed it goes on from now, and nothing was missed", async () => {
  const { id } = await create({ cron: "* * * * *" });
  const paused = await pauseSchedule(await operator(), { scheduleId: id, reason: "the move" });
  expect(paused).toMatchObject({ status: "paused", pausedReason: "the move", nextAt: null });
  const resumed = await resumeSchedule(await operator(), { scheduleId: id });
  expect(resumed).toMatchObject({ status: "active", pausedReason: null, misses: 0, version: 3 });
  expect(Date.parse(resumed.nextAt ?? "")).toBeGreaterThan(Date.parse(resumed.createdAt));
});

test("a change replaces all of it, and refuses who looked at an older one", async () => {
  const { id, version } = await create();
  const change = { scheduleId: id, version, name: "t", everySeconds: 90, task: SHELL };
  const changed = await updateSchedule(await operator(), change);
  expect(changed).toMatchObject({ name: "t", cron: null, words: "Every 90 seconds", version: 2 });
  expect(await refusal(updateSchedule(await operator(), change))).toMatchObject({
    code: "conflict",
  });
});

test("run now starts its task once a key, beside the timetable", async () => {
  const { id, nextAt } = await create();
  const ctx = await operator();
  const { runId } = await runSchedule(ctx, { scheduleId: id });
  expect(await runSchedule(again(ctx, ctx.idempotencyKey), { scheduleId: id })).toEqual({ runId });
  const page = await listFirings(await operator(), { scheduleId: id, limit: 1 });
  expect(page).toMatchObject({
    items: [{ outcome: "fired", byHand: true, run: { id: runId } }],
    nextCursor: null,
  });
  expect((await getSchedule(await operator(), { scheduleId: id })).nextAt).toBe(nextAt);
});

test("deleted it is gone, its runs stay", async () => {
  const { id } = await create();
  const { runId } = await runSchedule(await operator(), { scheduleId: id });
  await removeSchedule(await operator(), { scheduleId: id });
  expect(await refusal(getSchedule(await operator(), { scheduleId: id }))).toMatchObject({
    code: "not_found",
  });
  const { rows } = await t.owner.query("select status from runs where id = $1", [
    toUuid("run", runId),
  ]);
  expect(rows).toEqual([{ status: "queued" }]);
});

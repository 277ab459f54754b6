import type { MemberContext } from "@nofx/control/command";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import {
  deleteRuns,
  checkInvariants,
  seedRun,
  type SeededRun,
  type StepDraft,
} from "@nofx/db/testing";
import fc from "fast-check";
import { expect } from "vitest";
import { openCommandActor, openEngineActors, type Query } from "./actors.ts";
import { cloneRuns, type ClonedRun } from "./clone-runs.ts";
import { interleave, type Actor, type Interleaved } from "./interleave.ts";

// Two and three transactions at once, statement by statement in every order that chance finds. One schedule is one
// property run of fast-check: a failure is shrunk, and printed with the seed that finds it again.

const SCHEDULES = process.env["PROVE"] === "1" ? 2_000 : 40;
export const TIMEOUT_MS = 300_000;

interface Made {
  readonly steps: StepDraft[];
  /** In the hands of worker `w0`, under epoch 1. */
  readonly held?: string[];
  readonly shape?: (run: SeededRun) => Promise<unknown>;
}

export interface Schedules {
  readonly t: TestPlane;
  readonly tenantId: string;
  /** A transaction of the engine's login. */
  engine(work: (query: Query) => Promise<unknown>): Actor;
  /** The engine's login outside of any schedule. */
  readonly asEngine: Query;
  /** A command of one of two supervisors. */
  person(which: 0 | 1, work: (ctx: MemberContext) => Promise<unknown>): Actor;
  rows(text: string, values: unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs every schedule on a run of its own, and `check` after each. */
  forEvery<S>(
    made: Made,
    prepare: (run: ClonedRun) => Promise<S>,
    actors: (run: ClonedRun, state: S) => Record<string, Actor>,
    check: (run: ClonedRun, result: Interleaved, state: S) => Promise<void>,
  ): Promise<void>;
  /** What a run says of its steps is what they are. */
  expectCounts(run: SeededRun): Promise<void>;
  /** No step is left that could begin: what is still held has been told to stop. */
  expectNothingBegins(run: SeededRun): Promise<void>;
  close(): Promise<void>;
}

export const nothing = async (): Promise<void> => {};

export async function openSchedules(): Promise<Schedules> {
  const t = await createTestPlane();
  const engines = await openEngineActors(t.database, 3);
  const people = [await openCommandActor(t.database), await openCommandActor(t.database)] as const;
  const monitor = await t.owner.connect();
  const tenant = await t.tenant();
  const supervisors = [await tenant.as("supervisor"), await tenant.as("supervisor")] as const;
  const rows: Schedules["rows"] = async (text, values) => (await t.owner.query(text, values)).rows;
  return {
    t,
    tenantId: tenant.id,
    rows,
    engine: (work) => engines.actor(work),
    asEngine: engines.query,
    person: (which, work) => people[which].actor(again(supervisors[which]), work),
    async forEvery(made, prepare, actors, check) {
      const template = await seedRun(t.owner, tenant.id, made.steps);
      await made.shape?.(template);
      await hold(t, template, made.held ?? []);
      // shrinking takes some more
      const runs = await cloneRuns(t.owner, template, SCHEDULES + 100);
      await deleteRuns(t.owner, "id = $1", [template.id]);
      let used = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(5), { minLength: 4, maxLength: 24 }), async (choices) => {
          const run = runs(++used);
          const state = await prepare(run);
          await check(run, await interleave(monitor, actors(run, state), choices), state);
        }),
        { numRuns: SCHEDULES },
      );
      const checked = await checkInvariants((text) => rows(text, []));
      // I13 speaks of the end, and these runs are left in the middle
      const broken = checked.filter((one) => one.id !== "I13" && one.broken.length > 0);
      expect(broken).toEqual([]);
    },
    async expectCounts(run) {
      const [row] = await rows(
        `select r.steps_left = (select count(*) from steps s where s.run_id = r.id and s.finalised_at is null) as left_agrees,
           (r.finished_at is not null) = (r.steps_left = 0) as end_agrees
         from runs r where r.id = $1`,
        [run.id],
      );
      expect(row).toEqual({ left_agrees: true, end_agrees: true });
    },
    async expectNothingBegins(run) {
      const open = await rows(
        `select name from steps where run_id = $1
           and (status = 'queued' or (status in ('assigned', 'running') and cancel_requested_at is null))`,
        [run.id],
      );
      expect(open).toEqual([]);
    },
    close: async () => {
      monitor.release();
      await engines.close();
      await Promise.all(people.map((one) => one.close()));
      await t[Symbol.asyncDispose]();
    },
  };
}

async function hold(t: TestPlane, run: SeededRun, names: string[]): Promise<void> {
  const ids = names.map((name) => run.steps[name]);
  await t.owner.query(
    `update steps set status = 'assigned', epoch = 1, lease_owner = 'w0', lease_until = clock_timestamp() + interval '1 day',
       deadline_at = clock_timestamp() + interval '1 day' where id = any ($1)`,
    [ids],
  );
  await t.owner.query(
    `insert into attempts (step_id, epoch, tenant_id, run_id, executor)
     select id, epoch, tenant_id, run_id, 'w0' from steps where id = any ($1)`,
    [ids],
  );
  if (names.length > 0) {
    await t.owner.query(
      "update runs set status = 'running', started_at = clock_timestamp() where id = $1",
      [run.id],
    );
  }
}

/** `w0` ends its claim. */
export const settle =
  (run: SeededRun, step: string, outcome: "succeeded" | "failed" = "succeeded") =>
  (query: Query) =>
    query("select engine.settle('w0', 'worker', null, $1) as answer", [
      JSON.stringify([
        {
          step_id: run.steps[step],
          epoch: 1,
          outcome,
          output: {},
          ...(outcome === "failed" ? { error: { code: "exit_nonzero", message: "no" } } : {}),
        },
      ]),
    ]);

/** `w1` takes what of this run can be taken. */
export const claim = (run: ClonedRun) => (query: Query) =>
  query("select engine.claim('w1', 'worker', array[$1], null, '{}', 10, 60000)", [run.handler]);

/** `w0` waits for one thing under the name `w`. */
export const wait =
  (run: SeededRun, step: string, option: Record<string, unknown>) => (query: Query) =>
    query("select engine.wait(null, $1, 1, 'w', $2)", [
      run.steps[step],
      JSON.stringify([{ option: "it", ...option }]),
    ]);

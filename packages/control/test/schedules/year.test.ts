import { createSchedule, fireDue, type SchedulerStore } from "@nofx/control/schedules";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { prng } from "@nofx/core/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { openLeaderSession, type LeaderSession } from "@nofx/db/leases";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enumerate } from "./oracle.ts";

// Time is simulated, the rest is real: the decisions, the engine's functions, the tables, the elections and their lock.

const PROVE = process.env["PROVE"] === "1";
const SEED = Number(process.env["SIM_SEED"] ?? 1);
// the short form has the nights of New York and Berlin in it
const FROM = Date.UTC(2027, 2, 13);
const TO = FROM + (PROVE ? 365 : 16) * 86_400_000;
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Asia/Kathmandu",
];
const PATTERNS = PROVE
  ? ["30 2 * * *", "0 * * * *", "15 0,1,2 * * *"]
  : ["30 2 * * *", "0 */12 * * *"];

let t: TestPlane;
let engine: WorkerEngine;
beforeAll(async () => {
  t = await createTestPlane();
  engine = createWorkerEngine({
    connectionString: t.database.url("nofx_worker"),
    worker: "scheduler",
    max: 4,
  });
});
afterAll(async () => {
  await engine.close();
  await t[Symbol.asyncDispose]();
});

interface Planned {
  readonly id: string;
  readonly cron: string;
  readonly zone: string;
}

/** Schedules of many zones, each waiting for its first instant of the simulated time. */
async function seedSchedules(): Promise<Planned[]> {
  const tenant = await t.tenant();
  const planned: Planned[] = [];
  for (const [z, zone] of ZONES.entries()) {
    for (const [p, cron] of PATTERNS.entries()) {
      const { id } = await createSchedule(await tenant.as("operator"), {
        name: `zone-${z}-${p}`,
        cron,
        timeZone: zone,
        task: { kind: "shell", with: { script: ":" } },
      });
      const uuid = toUuid("schedule", id);
      const [first] = enumerate(cron, zone, FROM, TO);
      await t.owner.query("update schedules set next_at = $2 where id = $1", [
        uuid,
        new Date(first!),
      ]);
      planned.push({ id: uuid, cron, zone });
    }
  }
  return planned;
}

/** Elections on the real lock. A leader that is frozen keeps its term and does not hear of the next. */
class Elections {
  #session: LeaderSession | undefined;
  readonly terms: number[] = [];

  get term(): number {
    return this.terms.at(-1) ?? 0;
  }

  async change(): Promise<void> {
    await this.close();
    this.#session = await openLeaderSession({
      connectionString: t.database.url("nofx_worker"),
      applicationName: "candidate",
      role: "scheduler",
      holder: `holder-${this.terms.length}`,
      patienceMs: 60_000,
    });
    // the lock of the one before goes with its connection, a moment later
    for (;;) {
      const term = await this.#session.stand();
      if (term === undefined) continue;
      this.terms.push(term);
      return;
    }
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
}

interface Told {
  stale: number;
  refusedTerms: number;
  fired: number;
  errors: unknown[];
}

async function simulate(elections: Elections): Promise<Told> {
  const random = prng(SEED);
  const told: Told = { stale: 0, refusedTerms: 0, fired: 0, errors: [] };
  const store = engine.schedules;
  const pass = async (from: SchedulerStore, term: number, now: number) => {
    try {
      const { firings } = await fireDue(from, term, {
        now,
        onError: (error) => told.errors.push(error),
      });
      for (const { outcome } of firings) {
        if (outcome === "stale") told.stale += 1;
        else told.fired += 1;
      }
      return firings.length;
    } catch (error) {
      if ((error as { code?: string }).code !== "stale_term") throw error;
      told.refusedTerms += 1;
      return 0;
    }
  };
  /** What a scheduler read before it was frozen; when it thaws it goes on from there. */
  const frozen: { seen: Awaited<ReturnType<SchedulerStore["due"]>>; term: number }[] = [];
  let now = FROM;
  while (now < TO) {
    if (random() < 0.05) {
      if (random() < 0.7)
        frozen.push({ seen: await store.due(200, [], now), term: elections.term });
      await elections.change();
    }
    const thawed = random() < 0.05 ? frozen.shift() : undefined;
    const passes = [pass(store, elections.term, now)];
    // the same leader twice at once, one that was deposed, and one that thaws
    if (random() < 0.3) passes.push(pass(store, elections.term, now));
    const old = elections.terms.at(-2);
    if (old !== undefined && random() < 0.1) passes.push(pass(store, old, now));
    if (thawed !== undefined) {
      passes.push(pass({ ...store, due: async () => thawed.seen }, thawed.term, now));
      // as slow, but of the term that is on: the place of each schedule alone stands in its way
      passes.push(pass({ ...store, due: async () => thawed.seen }, elections.term, now));
    }
    await Promise.all(passes);
    const { next_at: next } = await store.due(1, [], now);
    // late by up to a change of leaders, and by no more
    now = Math.max(now + 1, (next ?? TO) + Math.floor(random() * 55_000));
  }
  await pass(store, elections.term, TO - 1);
  return told;
}

test(
  `${PROVE ? "a year" : "two weeks"} in five zones: each instant fires once and none is missed, through changes of leaders`,
  async () => {
    const planned = await seedSchedules();
    const elections = new Elections();
    await elections.change();
    const told = await simulate(elections);
    await elections.close();

    let total = 0;
    for (const { id, cron, zone } of planned) {
      const { rows } = await t.owner.query<{ occurrence: Date; outcome: string; run_id: string }>(
        `select f.occurrence, f.outcome, r.id as run_id from schedule_firings f
         left join runs r on r.id = f.run_id and r.schedule_id = f.schedule_id
         where f.schedule_id = $1 order by f.occurrence`,
        [id],
      );
      const expected = enumerate(cron, zone, FROM, TO);
      expect(
        rows.map(({ occurrence }) => occurrence.getTime()),
        `${cron} ${zone}`,
      ).toEqual(expected);
      expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(["fired"]));
      const runs = new Set(rows.map(({ run_id }) => run_id));

      expect(runs.size).toBe(expected.length);
      total += expected.length;
    }
    const { rows } = await t.owner.query<{ runs: number; misses: number }>(
      `select (select count(*) from runs where schedule_id is not null) as runs, (select sum(misses)::integer from schedules) as misses`,
    );
    expect(rows).toEqual([{ runs: total, misses: 0 }]);
    expect(told.errors).toEqual([]);
    // the firings that were told of are those that are there, and the faults took place
    expect(told.fired).toBe(total);
    expect(told.stale).toBeGreaterThan(0);
    expect(told.refusedTerms).toBeGreaterThan(0);
    if (PROVE) {
      console.info(
        `${total} firings, ${elections.terms.length} terms, ${told.refusedTerms} passes of old terms refused, ${told.stale} firings found their schedule moved on`,
      );
    }
  },
  PROVE ? 1_200_000 : 20_000,
);

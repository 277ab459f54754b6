import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Query } from "./actors.ts";
import { claim, nothing, openSchedules, settle, TIMEOUT_MS, type Schedules } from "./harness.ts";

let s: Schedules;
beforeAll(async () => {
  s = await openSchedules();
});
afterAll(() => s.close());

const reclaim = (query: Query) => query("select engine.reclaim(10)");
const lapse = (run: { id: string }) =>
  s.rows("update steps set lease_until = clock_timestamp() where run_id = $1", [run.id]);

test(
  "a lapsed lease: the sweep, the late settle and the next claim",
  () =>
    s.forEvery(
      { steps: [{ name: "a" }], held: ["a"] },
      lapse,
      (run) => ({
        sweep: s.engine(reclaim),
        late: s.engine(settle(run, "a")),
        next: s.engine(claim(run)),
      }),
      async (run) => {
        // a sweep passes over what a settlement holds, and finds it the next time
        await reclaim(s.asEngine);
        const [step] = await s.rows(
          `select s.status, s.epoch::int, s.crashes, a.outcome
           from steps s join attempts a on a.step_id = s.id and a.epoch = 1 where s.run_id = $1`,
          [run.id],
        );
        const status = step?.["epoch"] === 1 ? "queued" : "assigned";
        expect(step).toMatchObject({ status, crashes: 1, outcome: "lost" });
      },
    ),
  TIMEOUT_MS,
);

test(
  "two sweeps and a claim: one crash is counted, one lease lives",
  () =>
    s.forEvery(
      { steps: [{ name: "a" }, { name: "b" }], held: ["a", "b"] },
      lapse,
      (run) => ({
        one: s.engine(reclaim),
        two: s.engine(reclaim),
        claim: s.engine(claim(run)),
      }),
      async (run) => {
        const crashes = await s.rows("select crashes from steps where run_id = $1", [run.id]);
        expect(crashes).toEqual([{ crashes: 1 }, { crashes: 1 }]);
      },
    ),
  TIMEOUT_MS,
);

test(
  "two settles that unlock one dependant between them, and a claim",
  () =>
    s.forEvery(
      {
        steps: [{ name: "a" }, { name: "b" }, { name: "c", needs: ["a", "b"] }],
        held: ["a", "b"],
      },
      nothing,
      (run) => ({
        a: s.engine(settle(run, "a")),
        b: s.engine(settle(run, "b")),
        claim: s.engine(claim(run)),
      }),
      async (run) => {
        expect(
          await s.rows("select holds, deps_left from steps where id = $1", [run.steps["c"]]),
        ).toEqual([{ holds: 0, deps_left: 0 }]);
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

test(
  "a success and a failure that meet in what needs both",
  () =>
    s.forEvery(
      {
        steps: [
          { name: "a" },
          { name: "b" },
          { name: "c", needs: ["a", "b"] },
          { name: "d", needs: ["c"] },
        ],
        held: ["a", "b"],
      },
      nothing,
      (run) => ({
        a: s.engine(settle(run, "a")),
        b: s.engine(settle(run, "b", "failed")),
      }),
      async (run) => {
        const [row] = await s.rows(
          "select array_agg(status order by name) as statuses from steps where run_id = $1",
          [run.id],
        );
        expect(row?.["statuses"]).toEqual(["succeeded", "failed", "cancelled", "cancelled"]);
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

test(
  "one settlement, sent twice at once: it counts once",
  () =>
    s.forEvery(
      {
        steps: [
          { name: "a", undo: { kind: "shell", with: {} } },
          { name: "b", needs: ["a"] },
        ],
        held: ["a"],
      },
      nothing,
      (run) => ({ first: s.engine(settle(run, "a")), again: s.engine(settle(run, "a")) }),
      async (run, { ended }) => {
        for (const one of Object.values(ended)) {
          const { answer } = (one.value as pg.QueryResult).rows[0];
          expect(answer.results).toMatchObject([{ result: "settled" }]);
        }
        const registered = await s.rows(
          "select count(*)::int as n from compensations where run_id = $1",
          [run.id],
        );
        expect(registered).toEqual([{ n: 1 }]);
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

import { cancelRun, pauseRun } from "@nofx/control/runs";
import { toId } from "@nofx/core/vocabulary";
import type { SeededRun } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claim, nothing, openSchedules, settle, TIMEOUT_MS, type Schedules } from "./harness.ts";

let s: Schedules;
beforeAll(async () => {
  s = await openSchedules();
});
afterAll(() => s.close());

const STEPS = {
  steps: [{ name: "a" }, { name: "b", needs: ["a"] }, { name: "c" }],
  held: ["a"],
};
const FAMILY = (held: string[]) => ({
  steps: [{ name: "p" }, { name: "c1" }, { name: "c2" }],
  held,
  shape: (run: SeededRun) =>
    s.rows(
      `update steps set parent_step_id = case when name <> 'p' then $2::uuid end,
         children_left = case when name = 'p' then 2 else 0 end where run_id = $1`,
      [run.id, run.steps["p"]],
    ),
});
const cancel = (run: SeededRun) =>
  s.person(0, (ctx) => cancelRun(ctx, { runId: toId("run", run.id) }));
const pause = (run: SeededRun) =>
  s.person(0, (ctx) => pauseRun(ctx, { runId: toId("run", run.id) }));

test(
  "a cancel, a success and a claim: no step begins once the cancel is acknowledged",
  () =>
    s.forEvery(
      STEPS,
      nothing,
      (run) => ({
        cancel: cancel(run),
        success: s.engine(settle(run, "a")),
        claim: s.engine(claim(run)),
      }),
      async (run, { ended }) => {
        for (const one of Object.values(ended)) expect(one.code).toBeUndefined();
        await s.expectNothingBegins(run);
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

test(
  "a cancel, a child that settles and its parent that fails: no two verbs wait for each other in a circle",
  () =>
    s.forEvery(
      FAMILY(["p", "c1"]),
      nothing,
      (run) => ({
        cancel: cancel(run),
        child: s.engine(settle(run, "c1")),
        parent: s.engine(settle(run, "p", "failed")),
      }),
      async (run, { ended }) => {
        expect([undefined, "run_finished"]).toContain(ended["cancel"]?.code);
        expect(ended["child"]?.code ?? ended["parent"]?.code).toBeUndefined();
        await s.expectNothingBegins(run);
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

test(
  "a parent fails while its children settle and are claimed: they end with it",
  () =>
    s.forEvery(
      FAMILY(["p", "c1"]),
      nothing,
      (run) => ({
        parent: s.engine(settle(run, "p", "failed")),
        child: s.engine(settle(run, "c1")),
        claim: s.engine(claim(run)),
      }),
      async (run, { ended }) => {
        for (const one of Object.values(ended)) expect(one.code).toBeUndefined();
        await s.expectNothingBegins(run);
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

test(
  "a pause, a success and a claim: what is queued afterwards is held",
  () =>
    s.forEvery(
      STEPS,
      nothing,
      (run) => ({
        pause: pause(run),
        success: s.engine(settle(run, "a")),
        claim: s.engine(claim(run)),
      }),
      async (run, { ended }) => {
        for (const one of Object.values(ended)) expect(one.code).toBeUndefined();
        const free = await s.rows(
          "select name from steps where run_id = $1 and status = 'queued' and holds & 256 = 0",
          [run.id],
        );
        expect(free).toEqual([]);
      },
    ),
  TIMEOUT_MS,
);

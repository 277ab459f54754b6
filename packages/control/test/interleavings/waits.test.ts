import { sendEvent } from "@nofx/control/events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nothing, openSchedules, settle, TIMEOUT_MS, wait, type Schedules } from "./harness.ts";

let s: Schedules;
beforeAll(async () => {
  s = await openSchedules();
});
afterAll(() => s.close());

const met = (run: { id: string }) =>
  s.rows(
    `select w.status, s.holds, s.children_left from waits w join steps s on s.id = w.step_id where w.run_id = $1`,
    [run.id],
  );

test(
  "a wait and the event that it waits for, in either order: nothing is missed",
  () =>
    s.forEvery(
      { steps: [{ name: "a" }], held: ["a"] },
      nothing,
      (run) => ({
        wait: s.engine(wait(run, "a", { kind: "event", topic: `built-${run.id}` })),
        send: s.person(0, (ctx) => sendEvent(ctx, { name: `built-${run.id}`, payload: { n: 1 } })),
      }),
      async (run, { ended }) => {
        expect(ended["send"]?.code).toBeUndefined();
        expect(await met(run)).toEqual([{ status: "met", holds: 0, children_left: 0 }]);
      },
    ),
  TIMEOUT_MS,
);

test(
  "a timer and an event that meet one wait: one answer, and the step is awake",
  () =>
    s.forEvery(
      { steps: [{ name: "a" }], held: ["a"] },
      async (run) => {
        const options = [
          { option: "late", kind: "timer", seconds: 60 },
          { option: "built", kind: "event", topic: `built-${run.id}` },
        ];
        await s.asEngine("select engine.wait(null, $1, 1, 'w', $2)", [
          run.steps["a"],
          JSON.stringify(options),
        ]);
        await s.rows(
          "update waits set due_at = clock_timestamp() where run_id = $1 and kind = 'timer'",
          [run.id],
        );
      },
      (run) => ({
        timer: s.engine((query) => query("select * from engine.wake_timers(10)")),
        send: s.person(0, (ctx) => sendEvent(ctx, { name: `built-${run.id}`, payload: {} })),
      }),
      async (run, { ended }) => {
        for (const one of Object.values(ended)) expect(one.code).toBeUndefined();
        const waits = await met(run);
        expect(waits).toHaveLength(2);
        expect(new Set(waits.map((one) => one["status"]))).toEqual(new Set(["lost", "met"]));
        expect(waits).toMatchObject([{ holds: 0 }, { holds: 0 }]);
      },
    ),
  TIMEOUT_MS,
);

test(
  "the last children end while their parent begins to wait for them: it is woken",
  () =>
    s.forEvery(
      {
        steps: [{ name: "p" }, { name: "c1" }, { name: "c2" }],
        held: ["p", "c1", "c2"],
        shape: (run) =>
          s.rows(
            `update steps set parent_step_id = case when name <> 'p' then $2::uuid end,
               children_left = case when name = 'p' then 2 else 0 end where run_id = $1`,
            [run.id, run.steps["p"]],
          ),
      },
      nothing,
      (run) => ({
        wait: s.engine(wait(run, "p", { kind: "children" })),
        one: s.engine(settle(run, "c1")),
        two: s.engine(settle(run, "c2", "failed")),
      }),
      async (run, { ended }) => {
        for (const one of Object.values(ended)) expect(one.code).toBeUndefined();
        expect(await met(run)).toEqual([{ status: "met", holds: 0, children_left: 0 }]);
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

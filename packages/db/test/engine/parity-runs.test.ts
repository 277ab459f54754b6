import { afterAll, describe, expect, test } from "vitest";
import {
  RUN_TRANSITIONS,
  transitionCompensation,
  transitionRun,
  type CompensationEvent,
  type RunState,
} from "@nofx/core/machine";
import { UndoStatus } from "@nofx/core/vocabulary";
import { settle, type Settlement } from "@nofx/db/leases";
import { At, EPOCH, startParityBench } from "./parity-bench.ts";

/** Runs and the undo register against their tables: what the end of a run's step makes of them, in every combination. */
const bench = await startParityBench();
afterAll(() => bench[Symbol.asyncDispose]());

const by = { type: "worker", owner: "p", tenantId: null } as const;
const ENDS = ["succeeded", "failed", "cancelled"] as const;
const flag = [false, true];

interface World {
  readonly status: "queued" | "running";
  readonly othersLeft: boolean;
  readonly failed: boolean;
  readonly cancelled: boolean;
  readonly undoable: boolean;
  readonly pivot: boolean;
  readonly wanted: boolean;
  readonly compensation: "none" | "running";
  readonly end: (typeof ENDS)[number];
}

const WORLDS: World[] = (["queued", "running"] as const).flatMap((status) =>
  flag.flatMap((othersLeft) =>
    flag.flatMap((failed) =>
      flag.flatMap((cancelled) =>
        flag.flatMap((undoable) =>
          ENDS.map((end) => {
            const plain = { compensation: "none", pivot: false, wanted: true } as const;
            return { status, othersLeft, failed, cancelled, undoable, end, ...plain };
          }),
        ),
      ),
    ),
  ),
);
const BASE = WORLDS.find((one) => one.undoable && one.status === "running" && !one.othersLeft);
const SPECIAL: World[] = ENDS.flatMap((end) => [
  { ...BASE!, end, pivot: true },
  { ...BASE!, end, wanted: false },
]);

/** Ends the last step of a run that stands like this, and answers the run. */
async function endLast(world: World) {
  const { owner, runId } = bench;
  const last = await bench.place({
    status: "running",
    ...(world.end === "cancelled" ? { cancel_requested_at: new At(-1) } : {}),
  });
  await owner.query("delete from compensations");
  await owner.query(
    `update runs set status = $2, steps_left = $3, steps_failed = $4, compensate = $5, compensation = $6,
       outcome = case $6 when 'running' then 'failed' end where id = $1`,
    [
      runId,
      world.status,
      world.othersLeft ? 2 : 1,
      world.failed ? 1 : 0,
      world.wanted,
      world.compensation,
    ],
  );
  await owner.query("update steps set status = $1 where name = 'template'", [
    world.cancelled ? "cancelled" : "succeeded",
  ]);
  await owner.query("update steps set pivot = $1 where name = 'template'", [world.pivot]);
  if (world.undoable) {
    await owner.query(
      `insert into compensations (tenant_id, run_id, step_id, kind, arguments, epoch)
       select tenant_id, run_id, id, 'shell', '{}', 1 from steps where name = 'template'`,
    );
  }
  const word: Settlement =
    world.end === "succeeded"
      ? { stepId: last, epoch: EPOCH, outcome: "succeeded", output: null }
      : {
          stepId: last,
          epoch: EPOCH,
          outcome: "failed",
          error: { code: "agent_error", message: "" },
        };
  await settle(bench.worker, by, [word]);
  const { rows } = await owner.query(
    `select status, steps_left as left, steps_failed as failed, compensation from runs where id = $1`,
    [runId],
  );
  return rows[0] as Omit<RunState, "cancelled">;
}

describe("a run", () => {
  const seen = new Set<string>();

  test.each([...WORLDS, ...SPECIAL])("%j", async (world) => {
    const state: RunState = {
      status: world.status,
      left: world.othersLeft ? 2 : 1,
      failed: world.failed ? 1 : 0,
      cancelled: world.cancelled ? 1 : 0,
      compensation: world.compensation,
    };
    // a step that was cancelled has succeeded in no pivot
    const undoable = world.undoable && world.wanted && (!world.pivot || world.cancelled) ? 1 : 0;
    const result = transitionRun(state, { type: "ended", [world.end]: 1, undoable });
    if (!result.ok) throw new Error(result.code);
    const { cancelled: _counted, ...next } = result.next;
    expect(await endLast(world)).toEqual(next);
    const events = await bench.told();
    expect(result.tell === null || events.includes(result.tell)).toBe(true);
    if (result.tell !== null) seen.add(result.tell);
  });

  test("every end that the table knows has come about", () => {
    const ends = RUN_TRANSITIONS.filter((row) => row.event === "ended" && row.tell !== null);
    expect(seen).toEqual(new Set(ends.map((row) => row.tell)));
  });
});

describe("an entry of the undo register, as its undo step ends", () => {
  const EVENT = {
    succeeded: "succeed",
    failed: "fail",
    cancelled: "stop",
  } as const satisfies Record<string, CompensationEvent>;

  test.each(UndoStatus.options.flatMap((status) => ENDS.map((end) => [status, end] as const)))(
    "%s, which has %s",
    async (status, end) => {
      const { owner, runId } = bench;
      const undo = await bench.place({
        status: "running",
        ...(end === "cancelled" ? { cancel_requested_at: new At(-1) } : {}),
      });
      await owner.query("delete from compensations");
      await owner.query(
        "update runs set compensation = 'running', outcome = 'failed', steps_left = 1 where id = $1",
        [runId],
      );
      await owner.query(
        "update steps set undo_of = (select id from steps where name = 'template') where id = $1",
        [undo],
      );
      await owner.query(
        `insert into compensations (tenant_id, run_id, step_id, kind, arguments, epoch, status, undo_step)
         select tenant_id, run_id, id, 'shell', '{}', 1, $1, $2 from steps where name = 'template'`,
        [status, undo],
      );
      const word: Settlement =
        end === "succeeded"
          ? { stepId: undo, epoch: EPOCH, outcome: "succeeded", output: null }
          : {
              stepId: undo,
              epoch: EPOCH,
              outcome: "failed",
              error: { code: "timeout", message: "" },
            };
      await settle(bench.worker, by, [word]);

      const moved = transitionCompensation(status, EVENT[end]);
      const next = moved.ok ? moved.next : status;
      const { rows } = await owner.query("select status from compensations");
      expect(rows[0].status).toBe(next);
      const undone = next === "undone" || next === "accepted";
      const { rows: runs } = await owner.query("select status, compensation from runs");
      expect(runs[0]).toEqual({ status: "failed", compensation: undone ? "done" : "failed" });
      const letters = await owner.query(
        "select stage, reason from dead_letters where step_id = $1",
        [undo],
      );
      expect(letters.rows).toEqual(
        end === "failed" ? [{ stage: "compensate", reason: "compensation_failed" }] : [],
      );
    },
  );
});

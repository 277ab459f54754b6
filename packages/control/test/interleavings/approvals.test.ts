import { randomUUID } from "node:crypto";
import { decideApproval } from "@nofx/control/approvals";
import { cancelRun } from "@nofx/control/runs";
import { toId } from "@nofx/core/vocabulary";
import type { SeededRun } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Query } from "./actors.ts";
import { openSchedules, TIMEOUT_MS, type Schedules } from "./harness.ts";

let s: Schedules;
beforeAll(async () => {
  s = await openSchedules();
});
afterAll(() => s.close());

/** A question that holds step `a`. */
async function ask(run: SeededRun, expires = "1 hour"): Promise<string> {
  const id = randomUUID();
  await s.rows(
    `with held as (update steps set holds = 2 where id = $4)
     insert into approvals (id, tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
       requested_by_type, requested_by, requested_by_name, expires_at, correlation_id)
     values ($1, $2, 'step', $3, $4, 'q', 'q', '?', 'test', '{}', 'd', 'worker', 'w0', 'w0', clock_timestamp() + $5::interval, $1)`,
    [id, s.tenantId, run.id, run.steps["a"], expires],
  );
  return id;
}

const vote = (which: 0 | 1, approvalId: string, decision: "approve" | "reject") =>
  s.person(which, (ctx) =>
    decideApproval(ctx, {
      approvalId: toId("approval", approvalId),
      decision,
      reason: "because",
    }),
  );

const expire = (query: Query) => query("select engine.expire_approvals(10)");

const stateOf = async (approvalId: string) =>
  (
    await s.rows(
      `select a.status, s.holds, s.status as step,
         (select count(*)::int from approval_decisions d where d.approval_id = a.id) as votes
       from approvals a join steps s on s.id = a.step_id where a.id = $1`,
      [approvalId],
    )
  )[0];

test(
  "two votes: one decides, the other is told what was decided",
  () =>
    s.forEvery(
      { steps: [{ name: "a" }] },
      (run) => ask(run),
      (_run, id) => ({ yes: vote(0, id, "approve"), no: vote(1, id, "reject") }),
      async (_run, { ended }, id) => {
        const codes = Object.values(ended).map((one) => one.code ?? "decided");
        expect(codes.toSorted()).toEqual(["approval_closed", "decided"]);
        const status = ended["yes"]?.code === undefined ? "approved" : "rejected";
        expect(await stateOf(id)).toEqual({ status, holds: 0, step: "queued", votes: 1 });
      },
    ),
  TIMEOUT_MS,
);

test(
  "a vote and the end of its time: late is late, and nothing hangs",
  () =>
    s.forEvery(
      { steps: [{ name: "a" }, { name: "b", needs: ["a"] }] },
      (run) => ask(run, "0"),
      (_run, id) => ({ yes: vote(0, id, "approve"), expire: s.engine(expire) }),
      async (_run, { ended }, id) => {
        expect(ended["yes"]?.code).toBe("approval_closed");
        // a sweep passes over what a vote holds, and finds it the next time
        await expire(s.asEngine);
        expect(await stateOf(id)).toEqual({
          status: "expired",
          holds: 0,
          step: "queued",
          votes: 0,
        });
      },
    ),
  TIMEOUT_MS,
);

test(
  "a vote and a cancel of the run: the step is cancelled, and the question closed by one of them",
  () =>
    s.forEvery(
      { steps: [{ name: "a" }, { name: "b", needs: ["a"] }] },
      (run) => ask(run),
      (run, id) => ({
        yes: vote(0, id, "approve"),
        cancel: s.person(1, (ctx) => cancelRun(ctx, { runId: toId("run", run.id) })),
      }),
      async (run, { ended }, id) => {
        expect(ended["cancel"]?.code).toBeUndefined();
        const status = ended["yes"]?.code === undefined ? "approved" : "cancelled";
        expect(await stateOf(id)).toMatchObject({ step: "cancelled", status });
        await s.expectCounts(run);
      },
    ),
  TIMEOUT_MS,
);

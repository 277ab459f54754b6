import { decideApproval } from "@nofx/control/approvals";
import type { MemberContext } from "@nofx/control/command";
import { cancelRun } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { NofxError } from "@nofx/core/errors";
import { toUuid } from "@nofx/core/vocabulary";
import { createDatabase, createPool } from "@nofx/db/client";
import { expireApprovals } from "@nofx/db/leases";
import type { DB } from "@nofx/db/types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manyQuestions } from "./harness.ts";

const COUNT = process.env["PROVE"] === "1" ? 500 : 50;
const TIMEOUT_MS = 120_000;

let t: TestPlane;
let people: MemberContext[];
let operator: MemberContext;
beforeAll(async () => {
  t = await createTestPlane();
  const tenant = await t.tenant();
  operator = await tenant.as("operator");
  people = await Promise.all(Array.from({ length: 3 }, () => tenant.as("supervisor")));
});
afterAll(() => t[Symbol.asyncDispose]());

interface Told {
  readonly code: string | undefined;
  readonly status: unknown;
}

/** What somebody who did something about a question is told: its status, or the error with the final one. */
async function told(work: Promise<{ status: string }>): Promise<Told> {
  try {
    return { code: undefined, status: (await work).status };
  } catch (error) {
    if (!NofxError.is(error)) throw error;
    return { code: error.code, status: error.data["status"] };
  }
}

const vote = (who: number, approvalId: string, decision: "approve" | "reject") => {
  const ctx = people[who];
  if (ctx === undefined) throw new Error("nobody");
  return told(decideApproval(again(ctx), { approvalId, decision, reason: "because" }));
};

/** So many at a time; all of what is about one question at once. */
async function each<T, R>(items: readonly T[], work: (item: T, i: number) => Promise<R>) {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += 10) {
    const some = items.slice(from, from + 10);
    results.push(...(await Promise.all(some.map((item, i) => work(item, from + i)))));
  }
  return results;
}

async function rowOf(approvalId: string) {
  const { rows } = await t.owner.query<{
    status: string;
    step: string;
    holds: number;
    votes: number;
    decided: number;
  }>(
    `select a.status, s.status as step, s.holds, (select count(*)::int from approval_decisions d where d.approval_id = a.id) as votes,
       (select count(*)::int from events e where e.type = 'approval.decided' and e.payload ->> 'approval_id' = a.id::text) as decided
     from approvals a join steps s on s.id = a.step_id where a.id = $1`,
    [toUuid("approval", approvalId)],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("it is gone");
  return row;
}

test(
  `${COUNT} questions hit by two yeses, a no, a cancel and the end of their time at once: one wins, the others are told`,
  async () => {
    const sweeper = createPool({
      connectionString: t.database.url("nofx_worker"),
      applicationName: "sweep",
      max: 2,
    });
    const db = createDatabase<DB>(sweeper);
    const all = await manyQuestions(t, operator, COUNT);
    const winners = new Set<string>();
    await each(all, async ({ approvalId, runId }, i) => {
      // by turns the time runs out before, during and long after
      await t.owner.query(
        "update approvals set expires_at = clock_timestamp() + $2 * interval '1 ms' where id = $1",
        [toUuid("approval", approvalId), [0, 8, 16, 24, 60_000][i % 5]],
      );
      const answers = await Promise.all([
        vote(0, approvalId, "approve"),
        vote(1, approvalId, "approve"),
        vote(2, approvalId, "reject"),
        told(cancelRun(again(operator), { runId })).catch(() => undefined),
        expireApprovals(db, 100),
      ]);
      await expireApprovals(db, 100);
      const row = await rowOf(approvalId);
      const votes = answers.slice(0, 3) as Told[];
      const won = votes.filter((one) => one.code === undefined);
      expect(won.length).toBe(row.votes);
      expect(won.length).toBeLessThanOrEqual(1);
      for (const one of won) expect(one.status).toBe(row.status);
      for (const one of votes) {
        if (one.code === undefined) continue;
        expect(one).toEqual({ code: "approval_closed", status: row.status });
      }
      expect(row).toMatchObject({ decided: 1 });
      expect(row.status).not.toBe("pending");
      // nothing hangs: what waited is let go, or is over
      expect(row.holds & 2).toBe(row.step === "queued" ? 0 : row.holds & 2);
      winners.add(row.status);
    });
    await sweeper.end();
    expect(winners.size).toBeGreaterThan(1);
  },
  TIMEOUT_MS,
);

test(
  `${COUNT} quorums of two with three votes at once: none stays open, none ends early, none counts a third`,
  async () => {
    const all = await manyQuestions(t, operator, COUNT, { quorum: 2 });
    await each(all, async ({ approvalId }) => {
      const answers = await Promise.all([0, 1, 2].map((who) => vote(who, approvalId, "approve")));
      const row = await rowOf(approvalId);
      expect(row).toMatchObject({ status: "approved", votes: 2, decided: 1, holds: 0 });
      expect(answers.map((one) => String(one.code ?? one.status)).toSorted()).toEqual([
        "approval_closed",
        "approved",
        "pending",
      ]);
    });
  },
  TIMEOUT_MS,
);

import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  DEAD_LETTER_TRANSITIONS,
  WAIT_TRANSITIONS,
  transitionApproval,
  transitionDeadLetter,
  transitionWait,
  type ApprovalEvent,
  type DeadLetterEvent,
  type WaitEvent,
} from "@nofx/core/machine";
import { ApprovalStatus, DeadLetterStatus, WaitStatus } from "@nofx/core/vocabulary";
import { answerWait, expireApprovals, requestApproval, settle } from "@nofx/db/leases";
import { deleteRuns, seedRun } from "@nofx/db/testing";
import { EPOCH, startParityBench } from "./parity-bench.ts";

/** Questions, waits and dead letters against their tables: each event that the database carries out, in each status. */
const bench = await startParityBench();
afterAll(() => bench[Symbol.asyncDispose]());
beforeEach(() => deleteRuns(bench.owner, "id <> $1", [bench.runId]));

const by = { type: "worker", owner: "p", tenantId: null } as const;
const member = { type: "member", id: bench.memberId };

async function one<T>(text: string, values: unknown[] = []): Promise<T> {
  return (await bench.owner.query(text, values)).rows[0] as T;
}

/** Ends the placed step without success. */
const fail = (stepId: string) =>
  settle(bench.worker, by, [
    { stepId, epoch: EPOCH, outcome: "failed", error: { code: "timeout", message: "" } },
  ]);

describe("an approval", () => {
  /** What people say is judged in control before it gets here; these the database does by itself. */
  const CASES = {
    expire: () => expireApprovals(bench.worker, 10),
    cancel: (stepId: string) => fail(stepId),
    supersede: (stepId: string) =>
      requestApproval(
        bench.worker,
        { stepId, epoch: EPOCH, tenantId: null },
        {
          name: "ask",
          title: "?",
          question: "?",
          why: "",
          arguments: {},
          argumentsDigest: "another",
          requester: "",
          expiresMs: 1e9,
        },
      ),
  } satisfies Partial<Record<ApprovalEvent["type"], (stepId: string) => Promise<unknown>>>;

  const cases = Object.keys(CASES).flatMap((event) =>
    ApprovalStatus.options.flatMap((status) =>
      [false, true].map((overdue) => ({ event: event as keyof typeof CASES, status, overdue })),
    ),
  );
  test.each(cases)("$status, $event, overdue: $overdue", async ({ event, status, overdue }) => {
    const stepId = await bench.place({ status: "running" });
    const { id } = await one<{ id: string }>(
      `insert into approvals (tenant_id, subject, run_id, step_id, name, title, question, why, arguments, arguments_digest,
         requested_by_type, requested_by, requested_by_name, expires_at, correlation_id, status, decided_at)
       select tenant_id, 'step', run_id, id, 'ask', '', '', '', '{}', 'one', 'system', 'test', 'test',
         clock_timestamp() + case when $3 then interval '-1 s' else interval '1 h' end, correlation_id, $2,
         case when $2 = 'pending' then null else clock_timestamp() end
       from steps where id = $1 returning id`,
      [stepId, status, overdue],
    );
    await CASES[event](stepId);
    const state = { status, overdue, requesterUserId: null, argumentsDigest: "one" };
    const result = transitionApproval(state, { type: event });
    const after = await one<{ status: string }>("select status from approvals where id = $1", [id]);
    expect(after.status).toBe(result.ok ? result.next : status);
  });
});

describe("an option of a wait", () => {
  const answer = (waitId: string) =>
    bench.asMember((db) =>
      answerWait(db, { tenantId: bench.tenantId, waitId, answer: "yes" }, member),
    );
  const CASES: Record<WaitEvent, (stepId: string, waitId: string) => Promise<unknown>> = {
    meet: (_, waitId) => answer(waitId),
    lose: async (stepId) => {
      const other = await one<{ id: string }>(
        `insert into waits (tenant_id, run_id, step_id, name, option, position, kind)
         select tenant_id, run_id, id, 'w', 'other', 1, 'person' from steps where id = $1 returning id`,
        [stepId],
      );
      await answer(other.id);
    },
    cancel: async (stepId) => {
      const need = await bench.placeNeed(stepId);
      await fail(need);
    },
  };
  // of a question that was met no other option can be open
  const cases = WAIT_TRANSITIONS.flatMap(({ event }) =>
    WaitStatus.options.map((status) => ({ event, status })),
  ).filter(({ event, status }) => !(event === "lose" && status === "met"));

  test.each(cases)("$status, $event", async ({ event, status }) => {
    const stepId = await bench.place({ status: "queued", holds: 128 });
    const { id } = await one<{ id: string }>(
      `insert into waits (tenant_id, run_id, step_id, name, option, position, kind, status, ended_at)
       select tenant_id, run_id, id, 'w', 'this', 0, 'person', $2, case when $2 = 'open' then null else clock_timestamp() end
       from steps where id = $1 returning id`,
      [stepId, status],
    );
    await CASES[event](stepId, id);
    const result = transitionWait(status, event);
    const after = await one<{ status: string }>("select status from waits where id = $1", [id]);
    expect(after.status).toBe(result.ok ? result.next : status);
  });
});

describe("a dead letter", () => {
  /** A letter of a step of a run that has ended, and that `redriveRun` may be repeating. */
  async function aLetter(status: DeadLetterStatus, redriveRun: string | null): Promise<string> {
    const source = await seedRun(bench.owner, bench.tenantId, [{ name: "placed" }]);
    await bench.owner.query(
      `update steps set status = 'failed', finalised_at = clock_timestamp(), epoch = 1, error = '{"code": "timeout"}' where run_id = $1`,
      [source.id],
    );
    await bench.owner.query(
      "update runs set status = 'failed', finished_at = clock_timestamp(), steps_left = 0, steps_failed = 1 where id = $1",
      [source.id],
    );
    const { id } = await one<{ id: string }>(
      `insert into dead_letters (tenant_id, run_id, step_id, stage, reason, status, error, payload, history, correlation_id,
         failures, crashes, redrive_run)
       select tenant_id, run_id, id, 'execute', 'retries_exhausted', $2, error, '{}', '[]', correlation_id, 1, 0, $3
       from steps where run_id = $1 returning id`,
      [source.id, status, redriveRun],
    );
    return id;
  }

  const CASES: Partial<Record<DeadLetterEvent, (status: DeadLetterStatus) => Promise<string>>> = {
    redrive: async (status) => {
      const letter = await aLetter(status, null);
      await bench.asMember((db) =>
        sql`select engine.redrive(${bench.tenantId}::uuid, ${letter}::uuid, null, null, ${randomUUID()}::uuid, 'Ann',
          ${randomUUID()}::uuid, null)`.execute(db),
      );
      return letter;
    },
    succeed: async (status) => {
      const stepId = await bench.place({ status: "running" });
      const letter = await aLetter(status, bench.runId);
      await settle(bench.worker, by, [
        { stepId, epoch: EPOCH, outcome: "succeeded", output: null },
      ]);
      return letter;
    },
    fail: async (status) => {
      const stepId = await bench.place({ status: "running" });
      const letter = await aLetter(status, bench.runId);
      await fail(stepId);
      return letter;
    },
  };
  /** What only moves the letter is a command of control, and tested there. */
  const OF_CONTROL: readonly DeadLetterEvent[] = ["triage", "resolve", "discard"];

  test("each event of the table has a case here or is one of control", () => {
    const cases = [...Object.keys(CASES), ...OF_CONTROL].toSorted();
    const events = new Set(DEAD_LETTER_TRANSITIONS.map((row) => row.event));
    expect(cases).toEqual([...events].toSorted());
  });

  const cases = Object.entries(CASES).flatMap(([event, carryOut]) =>
    DeadLetterStatus.options.map((status) => ({
      event: event as DeadLetterEvent,
      status,
      carryOut,
    })),
  );
  test.each(cases)("$status, $event", async ({ event, status, carryOut }) => {
    const letter = await carryOut(status);
    const result = transitionDeadLetter(status, event);
    const after = await one<{ status: string }>("select status from dead_letters where id = $1", [
      letter,
    ]);
    expect(after.status).toBe(result.ok ? result.next : status);
  });
});

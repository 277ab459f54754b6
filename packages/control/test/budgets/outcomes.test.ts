import { randomUUID } from "node:crypto";
import { decideApproval } from "@nofx/control/approvals";
import { release, settle } from "@nofx/control/budgets";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBooks, type Books } from "./fixtures.ts";

let plane: TestPlane;
let books: Books;
beforeAll(async () => {
  plane = await createTestPlane();
});
beforeEach(async () => {
  books = await openBooks(plane);
});
afterAll(() => plane[Symbol.asyncDispose]());

const deps = () => ({ db: plane.plane.db });
const events = async (type: string) =>
  (
    await plane.owner.query<{ payload: Record<string, unknown> }>(
      "select payload from events where tenant_id = $1 and type = $2 order by id",
      [books.tenant.id, type],
    )
  ).rows;

describe("where too little is left", () => {
  it("tells the strictest of the outcomes, and each budget once a window that it is used up", async () => {
    await books.budget({ limit: 10n, outcome: "degrade" });
    await books.budget({ scope: "run", limit: 20n, outcome: "wrap_up", extra: 5 });
    await books.budget({ scope: "agent", limit: 30n, outcome: "stop" });
    const scopes = { runId: randomUUID(), agentId: randomUUID() };
    const outcome = async (usd: bigint) => (await books.ask({ usd }, { scopes })).outcome;
    expect(await outcome(11n)).toBe("degrade");
    expect(await outcome(21n)).toBe("wrap_up");
    expect(await outcome(31n)).toBe("stop");
    const told = await events("budget.exhausted");
    expect(told.map(({ payload }) => payload["outcome"])).toEqual(["degrade", "wrap_up", "stop"]);
    expect(told[1]?.payload).toMatchObject({ scope: "run", run_id: scopes.runId });
  });

  it("keeps a reserve for the last work of what was told to wrap up", async () => {
    await books.budget({ limit: 10n, outcome: "wrap_up", extra: 3 });
    await books.hold({ usd: 9n });
    expect(await books.refused({ usd: 2n })).toMatchObject({ outcome: "wrap_up" });
    await books.hold({ usd: 4n }, { wrappingUp: true });
    expect(await books.refused({ usd: 1n }, { wrappingUp: true })).toMatchObject({
      outcome: "stop",
    });
  });

  it("is not held up by a budget that is off or removed", async () => {
    const off = await books.budget({ limit: 1n });
    const gone = await books.budget({ limit: 1n });
    await plane.owner.query("update budgets set enabled = false where id = $1", [off]);
    await plane.owner.query("update budgets set removed_at = clock_timestamp() where id = $1", [
      gone,
    ]);
    await books.hold({ usd: 5n });
    expect(await books.counters(off)).toEqual([]);
  });
});

describe("asking people", () => {
  const asked = { usd: 4n * 10n ** 12n };
  const limit = 10n ** 13n;

  const exhaust = async () => {
    const id = await books.budget({ limit, outcome: "ask", extra: 2e12 });
    await settle(deps(), await books.hold({ usd: limit }), {});
    return id;
  };

  it("opens one question however often it is asked, and a yes gives so much more, once", async () => {
    const id = await exhaust();
    const answers = await Promise.all(Array.from({ length: 5 }, () => books.refused(asked)));
    const approvalIds = new Set(answers.map(({ approvalId }) => approvalId));
    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(5).fill("ask"));
    expect(approvalIds.size).toBe(1);
    const approvalId = toId("approval", answers[0]?.approvalId ?? "");
    await expect(
      decideApproval(again(books.admin), { approvalId, decision: "approve" }),
    ).rejects.toMatchObject({ code: "approval_self" });
    const supervisor = await books.tenant.as("supervisor");
    const decided = await decideApproval(supervisor, { approvalId, decision: "approve" });
    expect(decided).toMatchObject({ subject: "budget", status: "approved" });
    expect(decided.arguments).toMatchObject({
      measure: "usd",
      limit: "10",
      used: "10",
      extra: "4",
    });
    expect(await books.counter(id)).toMatchObject({ extra: String(4e12) });
    await books.hold(asked);
    expect(await books.refused(asked)).toMatchObject({ outcome: "ask" });
    const { rows } = await plane.owner.query<{ body: string }>(
      "select body from audit_log where tenant_id = $1 and verb = 'budget.extended'",
      [books.tenant.id],
    );
    expect(rows.map(({ body }) => JSON.parse(body))).toMatchObject([{ budget_id: id, extra: "4" }]);
  });

  it("lets the approver give another amount, and nothing else", async () => {
    await exhaust();
    const { approvalId } = await books.refused(asked);
    const supervisor = await books.tenant.as("supervisor");
    const input = {
      approvalId: toId("approval", approvalId ?? ""),
      decision: "approve_with_changes" as const,
    };
    const { rows } = await plane.owner.query<{ arguments: Record<string, string> }>(
      "select arguments from approvals where id = $1",
      [approvalId],
    );
    const shown = rows[0]?.arguments ?? {};
    for (const wrong of [
      { ...shown, extra: "a lot" },
      { ...shown, limit: "99" },
    ]) {
      await expect(
        decideApproval(again(supervisor), { ...input, arguments: wrong }),
      ).rejects.toMatchObject({ code: "invalid_input" });
    }
    await decideApproval(again(supervisor), { ...input, arguments: { ...shown, extra: "20.5" } });
    await books.hold({ usd: 205n * 10n ** 11n });
    await books.refused({ usd: 1n });
  });

  it("stops for the rest of the window after a no, and asks anew after silence", async () => {
    await exhaust();
    const first = await books.refused(asked);
    await plane.owner.query("update approvals set expires_at = requested_at where id = $1", [
      first.approvalId,
    ]);
    const second = await books.refused(asked);
    expect(second.outcome).toBe("ask");
    expect(second.approvalId).not.toBe(first.approvalId);
    await decideApproval(await books.tenant.as("supervisor"), {
      approvalId: toId("approval", second.approvalId ?? ""),
      decision: "reject",
      reason: "too dear",
    });
    expect(await books.refused(asked)).toMatchObject({
      outcome: "stop",
      approvalId: second.approvalId,
    });
  });

  it("asks nobody where another budget stops it anyway, and bars the owner of the agent that asks", async () => {
    await exhaust();
    await books.budget({ scope: "agent", limit: 1n });
    const { rows } = await plane.owner.query<{ id: string }>(
      "insert into agent_registry (tenant_id, name, owner_user_id) values ($1, 'a', $2) returning id",
      [books.tenant.id, books.admin.actor.id],
    );
    const agentId = rows[0]?.id ?? "";
    expect(await books.refused(asked, { scopes: { agentId } })).toMatchObject({ outcome: "stop" });
    expect(await events("approval.requested")).toEqual([]);
    const { approvalId } = await books.refused(asked, { agent: agentId });
    await expect(
      decideApproval(again(books.admin), {
        approvalId: toId("approval", approvalId ?? ""),
        decision: "approve",
      }),
    ).rejects.toMatchObject({ code: "approval_self" });
  });
});

describe("a rate", () => {
  it("lets through what is in the bucket, and says when there is enough again", async () => {
    const id = await books.budget({ measure: "calls", limit: 60, perSeconds: 3_600, burst: 3 });
    for (let i = 0; i < 3; i += 1) await books.hold({ calls: 1 });
    const told = await books.refused({ calls: 1 });
    expect(told).toMatchObject({
      outcome: "stop",
      kind: "rate",
      window: "rate",
      limit: 3n,
      used: 3n,
    });
    expect(told.retryAfterMs).toBeGreaterThan(55_000);
    expect(told.retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(await events("budget.exhausted")).toEqual([]);
    await plane.owner.query(
      "update budget_counters set refilled_at = refilled_at - interval '2 minutes' where budget_id = $1",
      [id],
    );
    await books.hold({ calls: 1 });
    await books.hold({ calls: 1 });
    await books.refused({ calls: 1 });
  });

  it("puts right what was taken for tokens by what they came to, below nothing too", async () => {
    const id = await books.budget({
      measure: "tokens",
      limit: 1,
      perSeconds: 86_400,
      burst: 1_000,
    });
    await settle(deps(), await books.hold({ tokens: 900 }), { tokens: 100 });
    expect(Math.floor(Number((await books.counter(id)).tokens))).toBe(900);
    await release(deps(), await books.hold({ tokens: 900 }));
    // more than the bucket ever holds passes when it is full, and is paid off
    expect((await books.refused({ tokens: 5_000 })).kind).toBe("rate");
    await plane.owner.query("update budget_counters set tokens = 1000 where budget_id = $1", [id]);
    await settle(deps(), await books.hold({ tokens: 5_000 }), { tokens: 6_000 });
    expect(Math.floor(Number((await books.counter(id)).tokens))).toBe(-5_000);
    await books.refused({ tokens: 1 });
  });
});

describe("windows", () => {
  it("begin and end by the clock of the tenant, also where days are longer or shorter", async () => {
    const span = async (window: string, zone: string, at: string) => {
      const { rows } = await plane.owner.query<{ s: Date; e: Date }>(
        "select app.window_start($1, $2, $3) as s, app.window_end($1, $2, $3) as e",
        [window, zone, at],
      );
      return [rows[0]?.s.toISOString(), rows[0]?.e?.toISOString()];
    };
    const berlin = "Europe/Berlin";
    expect(await span("day", berlin, "2026-10-25T12:00:00Z")).toEqual([
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T23:00:00.000Z",
    ]);
    expect(await span("day", berlin, "2026-03-29T12:00:00Z")).toEqual([
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T22:00:00.000Z",
    ]);
    expect(await span("month", berlin, "2026-10-31T23:30:00Z")).toEqual([
      "2026-10-31T23:00:00.000Z",
      "2026-11-30T23:00:00.000Z",
    ]);
    // the hour that comes twice is two
    expect(await span("hour", berlin, "2026-10-25T00:30:00Z")).toEqual([
      "2026-10-25T00:00:00.000Z",
      "2026-10-25T01:00:00.000Z",
    ]);
    expect(await span("hour", berlin, "2026-10-25T01:30:00Z")).toEqual([
      "2026-10-25T01:00:00.000Z",
      "2026-10-25T02:00:00.000Z",
    ]);
    expect(await span("hour", "Asia/Kolkata", "2026-10-25T01:10:00Z")).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
    expect(await span("minute", "UTC", "2026-10-25T01:10:30Z")).toEqual([
      "2026-10-25T01:10:00.000Z",
      "2026-10-25T01:11:00.000Z",
    ]);
  });

  it("begin anew: what was reserved in one is settled in it", async () => {
    const id = await books.budget({ limit: 10n, window: "month" });
    const held = await books.hold({ usd: 10n });
    const refusal = await books.refused({ usd: 1n });
    expect(refusal.resetsAt?.getUTCDate()).toBe(1);
    expect(refusal.retryAfterMs).toBeGreaterThan(0);
    // the same reservation, made in a month that is over
    await plane.owner.query(
      `with old as (update budget_counters set starts_at = starts_at - interval '40 days', ends_at = starts_at where budget_id = $1
         returning starts_at)
       update budget_reservations r set holds = array(
         select row(h.budget_id, h.subject, (select starts_at from old), h.ends_at, h.measure, h.amount)::app.budget_hold from unnest(r.holds) h)
       where r.id = $2`,
      [id, held],
    );
    await books.hold({ usd: 10n });
    await settle(deps(), held, { usd: 7n });
    expect((await books.counters(id)).map(({ used, reserved }) => [used, reserved])).toEqual([
      ["7", "0"],
      ["0", "10"],
    ]);
  });
});

import {
  budgetHistory,
  budgetUsage,
  changeBudget,
  getBudget,
  listBudgets,
  removeBudget,
  setBudget,
  setTimeZone,
  settle,
} from "@nofx/control/budgets";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import type { SetBudgetInput } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
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

const DAY: z.input<typeof SetBudgetInput> = {
  name: "a-day",
  scope: "tenant",
  measure: "usd",
  limit: "2.50",
};
const set = (input: Partial<z.input<typeof SetBudgetInput>> = {}) =>
  setBudget(again(books.admin), { ...DAY, ...input });

describe("setting, changing and removing", () => {
  it("binds from the next reservation on, and tells who did what", async () => {
    const made = await set();
    expect(made).toMatchObject({
      limit: "2.5",
      window: "day",
      rate: null,
      outcome: "stop",
      extra: "0",
      version: 1,
      uses: [],
      changedBy: "admin",
    });
    await settle(plane.plane, await books.hold({ usd: 2n * 10n ** 12n }), { usd: 5n });
    await books.refused({ usd: 25n * 10n ** 11n });
    const changed = await changeBudget(again(books.admin), {
      budgetId: made.id,
      limit: "4",
      outcome: "wrap_up",
    });
    expect(changed).toMatchObject({ limit: "4", outcome: "wrap_up", extra: "0.8", version: 2 });
    await books.hold({ usd: 25n * 10n ** 11n });
    const [use] = (await budgetUsage(books.admin, { budgetId: made.id })).items;
    expect(use).toMatchObject({
      used: "0.000000000005",
      reserved: "2.5",
      limit: "4",
      refusals: 1,
      full: 0.625,
    });
    expect(await getBudget(books.admin, { budgetId: made.id })).toMatchObject({
      uses: [use],
      subjects: 1,
    });
    await removeBudget(again(books.admin), { budgetId: made.id });
    expect((await listBudgets(books.admin, {})).items).toEqual([]);
    await books.hold({ usd: 10n ** 15n });
    await expect(getBudget(books.admin, { budgetId: made.id })).rejects.toMatchObject({
      code: "not_found",
    });
    // its name is free again
    const { id } = await set({ limit: "1" });
    const { changes } = await budgetHistory(books.admin, { budgetId: id });
    expect(changes).toMatchObject([{ what: "changed", version: 1, limit: "1", by: "admin" }]);
  });

  it("shows those that are fullest, and pages by name and by window", async () => {
    await set({ name: "each-run", scope: "run", measure: "calls", limit: "10" });
    const ids = await Promise.all(
      [3, 9, 1, 7].map(async (calls) => {
        const runId = plane.plane.newUuid();
        await books.hold({ calls }, { scopes: { runId } });
        return runId;
      }),
    );
    await set({ name: "b", measure: "tokens", limit: "1000", rate: { perSeconds: 60 } });
    const page = await listBudgets(books.admin, { limit: 1 });
    expect(page).toMatchObject({ timeZone: "UTC", mayManage: true });
    expect(page.items).toMatchObject([
      { name: "b", rate: { perSeconds: 60, burst: 1_000 }, window: null },
    ]);
    const next = await listBudgets(books.admin, { limit: 1, cursor: page.nextCursor ?? "" });
    expect(next.nextCursor).toBeNull();
    const [each] = next.items;
    expect(each?.uses.map(({ reserved }) => reserved)).toEqual(["9", "7", "3"]);
    expect(each?.subjects).toBe(4);
    expect(toUuid("run", each?.uses[0]?.subject ?? "")).toBe(ids[1]);
    const budgetId = each?.id ?? "";
    const first = await budgetUsage(books.admin, { budgetId, limit: 3 });
    const rest = await budgetUsage(books.admin, {
      budgetId,
      limit: 3,
      cursor: first.nextCursor ?? "",
    });
    const seen = [...first.items, ...rest.items].map(({ subject }) => toUuid("run", subject));
    expect(seen.toSorted()).toEqual(ids.toSorted());
    const subject = each?.uses[0]?.subject ?? "";
    expect((await budgetUsage(books.admin, { budgetId, subject })).items).toHaveLength(1);
  });

  it("is for admins, and each tenant has its own", async () => {
    const { id: budgetId } = await set();
    for (const role of ["viewer", "operator", "supervisor"] as const) {
      const ctx = await books.tenant.as(role);
      await expect(setBudget(ctx, { ...DAY, name: "x" })).rejects.toMatchObject({
        code: "forbidden",
      });
      await expect(removeBudget(ctx, { budgetId })).rejects.toMatchObject({ code: "forbidden" });
      expect((await listBudgets(ctx, {})).mayManage).toBe(false);
    }
    const other = await openBooks(plane);
    expect((await listBudgets(other.admin, {})).items).toEqual([]);
    for (const attempt of [
      () => getBudget(other.admin, { budgetId }),
      () => budgetUsage(other.admin, { budgetId }),
      () => changeBudget(again(other.admin), { budgetId, limit: "9" }),
      () => removeBudget(again(other.admin), { budgetId }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: "not_found" });
    }
    await other.hold({ usd: 10n ** 15n });
  });
});

describe("what is refused", () => {
  const BAD: [string, Partial<z.input<typeof SetBudgetInput>>][] = [
    ["/name", { name: "Not A Name" }],
    ["/limit", { limit: "-1" }],
    ["/limit", { limit: "a lot" }],
    ["/limit", { measure: "tokens", limit: "1.5" }],
    ["/extra", { extra: "1" }],
    ["/extra", { outcome: "ask", measure: "calls", limit: "5", extra: "0.5" }],
    ["/subject", { subject: "x" }],
    ["/subject", { scope: "run", subject: "42" }],
    ["/subject", { scope: "step", subject: "run_01jc000000e00800000000001b" }],
    ["/subject", { scope: "agent", subject: "nobody" }],
    ["/subject", { scope: "team", subject: "Not A Team" }],
    ["/subject", { scope: "model", subject: "not a model" }],
    ["/model", { model: "*" }],
    ["/model", { scope: "model", model: "openai/*" }],
    ["/window", { measure: "depth", limit: "3", window: "day" }],
    ["/rate", { rate: { perSeconds: 60 } }],
    ["/rate", { measure: "calls", limit: "5", window: "day", rate: { perSeconds: 60 } }],
    ["/outcome", { measure: "calls", limit: "5", outcome: "ask", rate: { perSeconds: 60 } }],
    ["/limit", { measure: "calls", limit: "0", rate: { perSeconds: 60 } }],
  ];
  it.each(BAD)("%s of %j", async (path, input) => {
    const refusal = await set(input).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: "invalid_input" });
    expect((refusal as { issues: { path: string }[] }).issues.map((issue) => issue.path)).toContain(
      path,
    );
  });

  it("a name that is taken, changes that do not fit, a zone that is none", async () => {
    const { id: budgetId } = await set();
    await expect(set()).rejects.toMatchObject({ code: "conflict" });
    const change = (input: object) => changeBudget(again(books.admin), { budgetId, ...input });
    for (const input of [{ limit: "1e3" }, { extra: "1" }, { rate: { perSeconds: 5 } }]) {
      await expect(change(input)).rejects.toMatchObject({ code: "invalid_input" });
    }
    const rate = await set({
      name: "r",
      measure: "calls",
      limit: "5",
      rate: { perSeconds: 60, burst: 2 },
    });
    for (const input of [{ outcome: "ask" }, { limit: "0" }] as const) {
      await expect(
        changeBudget(again(books.admin), { budgetId: rate.id, ...input }),
      ).rejects.toMatchObject({ code: "invalid_input" });
    }
    const slower = await changeBudget(again(books.admin), {
      budgetId: rate.id,
      rate: { perSeconds: 30 },
    });
    expect(slower.rate).toEqual({ perSeconds: 30, burst: 2 });
    await expect(setTimeZone(again(books.admin), { timeZone: "Mars/Base" })).rejects.toMatchObject({
      code: "time_zone_unknown",
    });
    await setTimeZone(again(books.admin), { timeZone: "Asia/Kolkata" });
    expect((await listBudgets(books.admin, {})).timeZone).toBe("Asia/Kolkata");
  });
});

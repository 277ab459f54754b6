import type { AnyTask, StepFailure } from "@nofx/sdk";
import type { createTestPlane, TestRun } from "@nofx/sdk/testing";
import { expect } from "vitest";

/** What a page defines, by name. */
export type Page = Readonly<Record<string, unknown>>;
type CreatePlane = typeof createTestPlane;

/** Runs what each page of docs/sdk shows, and looks at what comes of it. A page without an entry fails its test. */
export const DRIVERS: Readonly<Record<string, (page: Page, create: CreatePlane) => Promise<void>>> =
  {
    async tasks(page, create) {
      const { invoice, billing } = page as { invoice: AnyTask; billing: { version: string } };
      await using plane = create({ agents: [invoice] });
      const run = await ended(
        plane.run(invoice, { order: "o-1", items: [{ cents: 5 }, { cents: 7 }] }),
      );
      expect(run.output).toEqual({ number: "I-o-1", cents: 12 });
      await expect(plane.run(invoice, { order: "o-1", items: [] })).rejects.toThrow("/items");
      expect(billing.version).toBe("2026.11.1");
    },
    async names(page, create) {
      const ship = page["ship"] as AnyTask;
      await using plane = create({ agents: [ship] });
      const run = await ended(plane.run(ship));
      expect(run.output).toEqual(["label of p1", "label of p2"]);
    },
    async checkpoints(page, create) {
      const { book, refund, free, bank } = page as Record<string, AnyTask> & {
        bank: { paid: string[]; refunded: string[] };
      };
      await using plane = create({ agents: [book, refund, free] as AnyTask[] });
      plane.crash({ at: "stored", checkpoint: "pay" });
      const run = await ended(plane.run(book as AnyTask, { seat: "1A" }));
      expect(run.output).toEqual({ payment: "payment of 1A" });
      expect(bank.paid).toEqual(["1A"]);
    },
    async waiting(page, create) {
      const collect = page["collect"] as AnyTask;
      await using plane = create({ agents: [collect] });
      const paid = await plane.run(collect, { order: "o-1" });
      await plane.settle();
      plane.event("order.paid", { cents: 5 }, { key: "o-1" });
      expect((await paid.end()).output).toEqual({ cents: 5 });

      const waived = await plane.run(collect, { order: "o-2" });
      await plane.settle();
      await plane.advance({ seconds: 60 + 86_400 });
      plane.answer("reminder", "yes");
      expect((await waived.end()).output).toEqual({ cents: 0 });

      const forgotten = await plane.run(collect, { order: "o-3" });
      await plane.settle();
      await plane.advance({ seconds: 60 + 86_400 + 604_800 });
      expect((await forgotten.end()).status).toBe("failed");
    },
    async approvals(page, create) {
      const cleanUp = page["cleanUp"] as AnyTask;
      await using plane = create({ agents: [cleanUp] });
      const asked = async () => {
        const run = await plane.run(cleanUp, { accounts: ["a", "b"] });
        await plane.settle();
        return run;
      };
      const yes = await asked();
      plane.approve("delete accounts");
      expect((await yes.end()).output).toEqual({ deleted: ["a", "b"] });
      const less = await asked();
      plane.modify("delete accounts", { accounts: ["a"] });
      expect((await less.end()).output).toEqual({ deleted: ["a"] });
      const no = await asked();
      plane.reject("delete accounts", { reason: "they come back" });
      expect((await no.end()).output).toEqual({ deleted: [], because: "they come back" });
    },
    async children(page, create) {
      const { report, count } = page as Record<string, AnyTask>;
      await using plane = create({ agents: [report, count] as AnyTask[] });
      const pages = [
        { id: "1", text: "one two" },
        { id: "2", text: "three" },
      ];
      const run = await ended(plane.run(report as AnyTask, { pages }));
      expect(run.output).toEqual({ words: 3, failed: [] });
    },
    async models(page, create) {
      const triage = page["triage"] as AnyTask;
      await using plane = create({
        agents: [triage],
        models: { "policy:cheap": '{"kind":"bug","urgent":true}', auto: "We are on it." },
      });
      plane.crash({ at: "before_settle" });
      const run = await ended(plane.run(triage, { text: "It burns." }));
      expect(run.output).toEqual({ kind: "bug", urgent: true, reply: "We are on it." });
      expect(plane.modelCalls).toHaveLength(2);
    },
    async messages(page, create) {
      const { boss, helper } = page as Record<string, AnyTask>;
      await using plane = create({ agents: [boss, helper] as AnyTask[] });
      const run = await ended(plane.run(boss as AnyTask));
      expect(run.output).toBe("did the dishes");
    },
    async files(page, create) {
      const { fetchPage, summarise } = page as Record<string, AnyTask>;
      await using plane = create({ agents: [fetchPage, summarise] as AnyTask[] });
      const run = await ended(
        plane.plan([
          { name: "fetch", task: fetchPage as AnyTask },
          { name: "summarise", task: summarise as AnyTask, needs: ["fetch"] },
        ]),
      );
      expect(run.step("summarise").output).toEqual({ words: 3 });
    },
    async running(page, create) {
      const greet = page["greet"] as AnyTask;
      await using plane = create({ agents: [greet] });
      const run = await ended(plane.run(greet, { name: "Ada" }));
      expect(run.output).toBe("Hello, Ada");
      const work = page["work"] as (url: string, key: string, signal: AbortSignal) => Promise<void>;
      // there is no plane at all: it stops when it is told to
      await expect(work("http://127.0.0.1:9", "nofx_ak_x", AbortSignal.abort())).resolves.toBe(
        undefined,
      );
    },
    async functions(page, create) {
      const { thumbnail, POST } = page as {
        thumbnail: AnyTask;
        POST: (request: Request) => Promise<Response>;
      };
      await using plane = create({ agents: [thumbnail] });
      const run = await ended(plane.run(thumbnail, { url: "https://example.com/a.png" }));
      expect(run.output).toEqual({ size: 34 });
      const unsigned = new Request("https://example.com/api/steps", { method: "POST", body: "{}" });
      expect((await POST(unsigned)).status).toBe(401);
    },
    async failures(page, create) {
      const { order, charge, seen } = page as Record<string, AnyTask> & { seen: StepFailure[] };
      await using plane = create({ agents: [order, charge] as AnyTask[] });
      const expired = await ended(plane.run(order as AnyTask, { card: "expired" }));
      expect(expired.output).toEqual({
        stage: "step",
        at: "charge",
        code: "agent_permanent_error",
        message: "the card has expired",
        data: { card: "expired" },
      });
      const closed = await ended(plane.run(order as AnyTask, { card: "c-1" }));
      expect(closed.output).toMatchObject({ message: "the bank stays closed" });
      expect(seen.map(({ attempt, class: kind }) => [attempt, kind])).toEqual([
        [1, "permanent"],
        [1, "retryable"],
        [2, "retryable"],
      ]);
    },
  };

async function ended(run: Promise<TestRun>): Promise<TestRun> {
  return (await run).end();
}

/** A page's TypeScript as one module that exports what it defines. */
export function moduleOf(blocks: readonly string[]): string {
  const text = blocks.join("\n");
  const names = [...text.matchAll(/^(?:const|function|async function) (\w+)/gm)].map(
    ([, name]) => name,
  );
  return `${text}\nexport { ${names.join(", ")} };\n`;
}

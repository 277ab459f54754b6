import { expect, it } from "vitest";
import { createCatchUp, type FeedPage } from "./catch-up.ts";

interface Event {
  name: string;
}

/** A feed, a clock moved by hand, and a record of what was refreshed. */
function bench(options: { pageSize?: number } = {}) {
  const feed: (Event & { seq: number })[] = [];
  const applied: string[] = [];
  const results: boolean[] = [];
  const due: { at: number; run: () => void }[] = [];
  let now = 0;
  let fetches = 0;
  let broken = false;
  const newest = () => feed.at(-1)?.seq ?? 0;
  const catchUp = createCatchUp<Event>(
    {
      fetchPage: async (after): Promise<FeedPage<Event>> => {
        fetches++;
        if (broken) throw new Error("no connection");
        if (after === undefined) return { items: [], seq: newest(), more: false };
        const rest = feed.filter((event) => event.seq > after);
        const items = rest.slice(0, options.pageSize ?? 100);
        return { items, seq: newest(), more: items.length < rest.length };
      },
      apply: async (events, topics) => {
        applied.push([...events.map((event) => event.name), ...topics].join(","));
      },
      applyAll: async () => {
        applied.push("all");
      },
      onResult: (ok) => results.push(ok),
    },
    {
      set: (run, ms) => {
        const entry = { at: now + ms, run };
        due.push(entry);
        return entry;
      },
      clear: (handle) => due.splice(due.indexOf(handle as (typeof due)[number]), 1),
    },
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    catchUp,
    applied,
    results,
    fetches: () => fetches,
    break: (value: boolean) => (broken = value),
    happen: (...names: string[]) => {
      for (const name of names) feed.push({ name, seq: newest() + 1 });
    },
    seq: newest,
    async advance(ms: number) {
      const until = now + ms;
      for (;;) {
        await settle();
        const next = due.filter((entry) => entry.at <= until).toSorted((a, b) => a.at - b.at)[0];
        if (!next) break;
        now = next.at;
        due.splice(due.indexOf(next), 1);
        next.run();
      }
      now = until;
      await settle();
    },
  };
}

it("refreshes everything at the first look and begins its cursor there", async () => {
  const b = bench();
  b.happen("before");
  b.catchUp.look();
  await b.advance(10);
  expect(b.applied).toEqual(["all"]);
  b.happen("after");
  b.catchUp.look();
  await b.advance(10);
  expect(b.applied).toEqual(["all", "after"]);
});

it("makes one look of many nudges", async () => {
  const b = bench();
  b.catchUp.look();
  await b.advance(10);
  const before = b.fetches();
  for (const name of ["a", "b", "c"]) {
    b.happen(name);
    b.catchUp.nudge({ topic: "tenant:1", seq: b.seq() });
    await b.advance(10);
  }
  await b.advance(100);
  expect(b.fetches() - before).toBe(1);
  expect(b.applied).toEqual(["all", "a,b,c"]);
});

it("does not look for what it has", async () => {
  const b = bench();
  b.happen("a");
  b.catchUp.look();
  await b.advance(10);
  const before = b.fetches();
  b.catchUp.nudge({ topic: "run:1", seq: 1 });
  await b.advance(1_000);
  expect(b.fetches()).toBe(before);
});

it("loses nothing while there is no connection", async () => {
  const b = bench();
  b.catchUp.look();
  await b.advance(10);
  b.break(true);
  b.happen("a");
  b.catchUp.look();
  await b.advance(300);
  b.happen("b");
  b.break(false);
  b.catchUp.look();
  await b.advance(300);
  expect(b.applied).toEqual(["all", "a,b"]);
  expect(b.results).toEqual([true, false, true]);
});

it("refreshes by topic what a command just changed, and once more when its event is sealed", async () => {
  const b = bench();
  b.catchUp.look();
  await b.advance(10);
  b.catchUp.nudge({ topic: "approvals:1", seq: null });
  await b.advance(60);
  expect(b.applied).toEqual(["all", "approvals:1"]);
  b.happen("approval.decided");
  await b.advance(300);
  expect(b.applied).toEqual(["all", "approvals:1", "approval.decided"]);
});

it("stops asking when a command's event never comes", async () => {
  const b = bench();
  b.catchUp.look();
  await b.advance(10);
  const before = b.fetches();
  b.catchUp.nudge({ topic: "tenant:1", seq: null });
  await b.advance(60_000);
  expect(b.fetches() - before).toBe(2);
});

it("reads page after page, and gives up on pages when it is far behind", async () => {
  const b = bench({ pageSize: 2 });
  b.catchUp.look();
  await b.advance(10);
  b.happen("a", "b", "c");
  b.catchUp.look();
  await b.advance(10);
  expect(b.applied).toEqual(["all", "a,b", "c"]);
  b.happen(..."d e f g h i j k l m n o p".split(" "));
  b.catchUp.look();
  await b.advance(10);
  expect(b.applied.at(-1)).toBe("all");
  b.happen("q");
  b.catchUp.look();
  await b.advance(10);
  expect(b.applied.at(-1)).toBe("q");
});

it("does nothing once stopped", async () => {
  const b = bench();
  b.catchUp.look();
  b.catchUp.stop();
  await b.advance(1_000);
  b.catchUp.nudge({ topic: "tenant:1", seq: null });
  await b.advance(1_000);
  expect(b.fetches()).toBe(0);
});

import { createBell, type ClaimedStepRow, type WorkerEngine } from "@nofx/control/steps";
import { NofxError } from "@nofx/core/errors";
import { settled, VirtualTime, virtualClock } from "@nofx/core/testing";
import { expect, test } from "vitest";
import type { StepResult } from "../src/catalog/handler.ts";
import type { RunningStep } from "../src/loop/running-step.ts";
import type { LoopOptions } from "../src/loop/loop-options.ts";
import { PACE_MS } from "../src/loop/pace.ts";
import { WorkerLoop } from "../src/loop/worker-loop.ts";
import { createMetrics } from "../src/metrics.ts";
import { createPostgresTransport } from "../src/transports/postgres-transport.ts";

// The loop against an engine whose answers come when the test says so.

type Request = Parameters<WorkerEngine["exchange"]>[0];

interface Asked {
  readonly request: Request;
  readonly answer: (claims?: readonly string[]) => Promise<void>;
  readonly fail: () => Promise<void>;
}

const LEASE_MS = 30_000;
let epochs = 0;

function claimOf(name: string): ClaimedStepRow {
  const [tenant, id] = name.split("/");
  return {
    id: id ?? name,
    tenant_id: id === undefined ? "t" : tenant,
    kind: "shell",
    kind_version: 1,
    epoch: (epochs += 1),
    failures: 0,
    crashes: 0,
    run_at: "2026-01-01T00:00:00Z",
    lease_until: "2026-01-01T00:00:30Z",
  } as ClaimedStepRow;
}

function start(options: Partial<LoopOptions> = {}) {
  const time = new VirtualTime();
  const clock = virtualClock(time);
  const bell = createBell(clock);
  const asked: Asked[] = [];
  const disowned: { stepId: string }[][] = [];
  const begun: string[] = [];
  const ends = new Map<string, (result: StepResult) => void>();
  const loop = new WorkerLoop({
    engine: {
      exchange: (request) =>
        new Promise((resolve, reject) => {
          const answer = async (claims: readonly string[] = []) => {
            resolve({
              settled: { results: [], for_workers: 0, for_agents: 0 },
              renewed: request.renewals.map(({ stepId }) => ({
                step_id: stepId,
                held: true,
                lease_until: null,
                cancel_requested: false,
              })),
              claimed: claims.map(claimOf),
              cursor: null,
            });
            await settled();
            await time.advance(0);
          };
          const fail = async () => {
            reject(new NofxError("unavailable"));
            await settled();
          };
          asked.push({ request, answer, fail });
        }),
      disown: async (held) => {
        disowned.push(held.map(({ stepId }) => ({ stepId })));
        return 0;
      },
      ring: () => {},
    },
    transport: createPostgresTransport({ doorbell: bell }),
    metrics: createMetrics(),
    version: "1",
    handlers: ["shell@1"],
    concurrency: 2,
    prefetch: { most: 0, withinMs: 50 },
    leaseMs: LEASE_MS,
    clock,
    random: () => 0.5,
    execute: ({ step }: RunningStep) => {
      begun.push(step.id);
      return new Promise((resolve) => ends.set(step.id, resolve));
    },
    onError: () => {},
    ...options,
  });
  loop.start();
  const end = async (...ids: string[]) => {
    for (const id of ids) ends.get(id)?.({ type: "succeeded", output: {} });
    await settled();
    await time.advance(0);
  };
  const last = () => asked.at(-1) as Asked;
  const settling = ({ request }: Asked) => request.settlements.map(({ stepId }) => stepId);
  return { time, loop, bell, asked, disowned, begun, end, last, settling };
}

test("what ends while two exchanges are under way goes together with the next, each of it once", async () => {
  const { time, asked, end, last, settling } = start({ concurrency: 4 });
  await settled();
  await last().answer(["a", "b", "c", "d"]);
  await end("a");
  await end("b");
  expect(asked.slice(-2).map(settling)).toEqual([["a"], ["b"]]);
  await end("c");
  await end("d");
  expect(asked).toHaveLength(3);
  expect(asked.slice(1).map(({ request }) => request.want)).toEqual([1, 1]);
  await asked[1]?.answer();
  expect(settling(last())).toEqual(["c", "d"]);
  expect(last().request.want).toBe(3);
  await asked[2]?.answer();
  await last().answer();
  await time.advance(100);
  expect(asked.flatMap(settling).toSorted()).toEqual(["a", "b", "c", "d"]);
});

test("after a failure nothing is disowned while an answer is on its way, and what it brings is kept", async () => {
  const { time, asked, disowned, end, last, settling } = start({ concurrency: 3 });
  await settled();
  await last().answer(["a", "b", "c"]);
  await end("a");
  await end("b");
  const [, first, second] = asked;
  await first?.fail();
  await time.advance(10_000);
  expect([disowned.length, asked.length]).toEqual([0, 3]);
  await second?.answer(["d"]);
  await time.advance(1_000);
  expect(disowned).toEqual([[{ stepId: "c" }, { stepId: "d" }, { stepId: "a" }]]);
  // one at a time until it is answered, and what was not answered is in it
  expect(asked).toHaveLength(4);
  expect(settling(last())).toEqual(["a"]);
});

const AHEAD = { most: 10, withinMs: 50 } as const;
const INSTANT = async ({ step }: RunningStep) =>
  ({ type: "succeeded", output: { of: step.id } }) as const;

test("short steps are claimed ahead; what gets no slot is given back in time", async () => {
  const begun: string[] = [];
  let isLong = false;
  const { time, asked, last, settling } = start({
    prefetch: AHEAD,
    execute: (running) => {
      begun.push(running.step.id);
      return isLong ? new Promise(() => {}) : INSTANT(running);
    },
  });
  await settled();
  await last().answer(["a", "b"]);
  const [, more, other] = asked as [Asked, Asked, Asked];
  expect(settling(more)).toEqual(["a", "b"]);
  // there is plenty: one half with each of two
  expect([more.request.want, other.request.want]).toEqual([2, 2]);
  isLong = true;
  await more.answer(["c", "d"]);
  await other.answer(["e", "f"]);
  expect(begun).toEqual(["a", "b", "c", "d"]);
  for (const one of asked.slice(3)) await one.answer();
  await time.advance(900);
  const before = asked.length;
  expect(asked.slice(2).flatMap(({ request }) => request.settlements)).toEqual([]);
  await time.advance(200);
  const back = asked.slice(before).flatMap(({ request }) => request.settlements);
  expect(back).toMatchObject([
    { stepId: "e", outcome: "released" },
    { stepId: "f", outcome: "released" },
  ]);
  expect(begun).toHaveLength(4);
});

test("a drain gives back at once what has no slot", async () => {
  let isLong = false;
  const { loop, last, settling } = start({
    prefetch: AHEAD,
    execute: (running) => (isLong ? new Promise(() => {}) : INSTANT(running)),
  });
  await settled();
  await last().answer(["a", "b"]);
  isLong = true;
  await last().answer(["c", "d", "e"]);
  loop.drain();
  await settled();
  expect(settling(last())).toEqual(["e"]);
  expect(last().request).toMatchObject({ want: 0, settlements: [{ outcome: "released" }] });
});

test("of what was claimed ahead, tenants take turns", async () => {
  const begun: string[] = [];
  const { last } = start({
    concurrency: 1,
    prefetch: AHEAD,
    execute: (running) => {
      begun.push(running.step.id);
      return INSTANT(running);
    },
  });
  await settled();
  await last().answer(["t/a"]);
  await last().answer(["flood/1", "flood/2", "flood/3", "other/4", "third/5"]);
  expect(begun).toEqual(["a", "1", "4", "5", "2", "3"]);
});

test("a lease that nobody renews is believed in for less than its time", async () => {
  const lost: string[] = [];
  const { time, last } = start({
    execute: (running) =>
      new Promise((resolve) => {
        running.lost.addEventListener("abort", () => {
          lost.push(running.step.id);
          resolve({ type: "stopped" });
        });
      }),
  });
  await settled();
  await last().answer(["a"]);
  await time.advance(500);
  expect(last().request.renewals).toMatchObject([{ stepId: "a" }]);
  await time.advance(24_000);
  expect(lost).toEqual([]);
  await time.advance(600);
  expect(lost).toEqual(["a"]);
});

test("beside others a tenant leaves a tenth of the slots, which is claimed for as soon as the bell rings", async () => {
  const { asked, bell, begun, end, last } = start({ concurrency: 10 });
  await settled();
  await last().answer(["b/small", ...Array.from({ length: 8 }, (_, i) => `a/${i}`)]);
  expect(begun).toHaveLength(9);
  await last().answer();
  const before = asked.length;
  bell.ring();
  await settled();
  // a gets nothing of the slot that is left
  expect(asked.slice(before).map(({ request }) => request.want)).toEqual([1]);
  expect(last().request).toMatchObject({ route: { not: ["a"] }, settlements: [] });
  await last().answer(["b/next"]);
  expect(begun.at(-1)).toBe("next");
  // the first that is free again is kept, the second is for all
  await end("small");
  await end("0");
  const settles = asked.slice(-3).map(({ request }) => request);
  expect(settles.map(({ settlements, want }) => [settlements.length, want])).toEqual([
    [1, 0],
    [0, 1],
    [1, 1],
  ]);
  expect(settles.map(({ route }) => route?.not)).toEqual([undefined, ["a"], undefined]);
});

test("claims for what is kept go out while two exchanges are under way, and again when it rings meanwhile", async () => {
  const { time, asked, bell, begun, end, last } = start({ concurrency: 10 });
  await settled();
  await last().answer(["b/small", ...Array.from({ length: 9 }, (_, i) => `a/${i}`)]);
  await end("0");
  await time.advance(PACE_MS);
  await last().answer();
  await end("1");
  await time.advance(PACE_MS);
  await end("2");
  await time.advance(PACE_MS);
  const before = asked.length;
  const spare = () => asked.slice(before).map(({ request }) => request.route?.not);
  bell.ring();
  await settled();
  expect(spare()).toEqual([["a"]]);
  bell.ring();
  await settled();
  expect(spare()).toEqual([["a"]]);
  await last().answer();
  expect(spare()).toEqual([["a"], ["a"]]);
  await last().answer(["c/other"]);
  expect(begun.at(-1)).toBe("other");
});

test("beside others a flood's steps are settled and claimed together every 20 ms, those of others at once", async () => {
  const { time, asked, begun, end, settling } = start({
    concurrency: 10,
    prefetch: { most: 500, withinMs: 50 },
  });
  await settled();
  // answers all that was asked with as much as it wants, of the flood
  let next = 0;
  let answered = 0;
  const flood = () => {
    next += 1;
    return `a/${next}`;
  };
  const answerAll = async () => {
    while (answered < asked.length) {
      const { request, answer } = asked[answered] as Asked;
      answered += 1;
      const claims =
        request.route?.not === undefined ? Array.from({ length: request.want }, flood) : [];
      await answer(claims);
    }
  };
  await (asked[0] as Asked).answer(["b/small", ...Array.from({ length: 9 }, flood)]);
  answered = 1;
  await answerAll();
  // a step of the flood ends each millisecond
  const ended: number[] = [];
  const passMs = async (ms: number) => {
    for (let i = 0; i < ms; i++) {
      const running = begun.filter((id) => id !== "small" && !ended.includes(Number(id)));
      if (running[0] !== undefined) {
        ended.push(Number(running[0]));
        await end(running[0]);
      }
      await time.advance(1);
      await answerAll();
    }
  };
  await passMs(200);
  const from = asked.length;
  await passMs(100);
  const paced = asked.slice(from);
  expect(paced.length).toBeLessThanOrEqual(6);
  expect(paced.flatMap(settling).length).toBeGreaterThan(80);
  // no slot was without work but the one that is kept
  expect(begun.length - ended.length).toBe(9);
  const before = asked.length;
  await end("small");
  expect(asked.slice(before).flatMap(settling)).toContain("small");
});

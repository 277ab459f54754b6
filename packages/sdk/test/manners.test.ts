import { NofxError } from "@nofx/core/errors";
import { expect, test } from "vitest";
import { systemClock } from "../src/client/index.ts";
import { LeaseLostError, NofxApiError, type Clock, type Fetch } from "../src/index.ts";
import type { FakeStep } from "./fake-plane/plane.ts";
import { FakePlane } from "./fake-plane/server.ts";
import { anyTask, start, untilAborted } from "./harness.ts";

// What a runner does so that a plane can have thousands of them.

const several = (plane: FakePlane, count: number) =>
  Array.from({ length: count }, (_, i) => plane.enqueue({ name: `s${i}` }));

test("the leases of all running steps are renewed in one call", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 1.2 });
  const steps = several(plane, 5);
  const beaten = () => plane.until(() => steps.every((step) => step.heartbeats >= 2));
  start(plane, [anyTask((ctx) => Promise.race([beaten(), untilAborted(ctx.signal)]))], {
    concurrency: 5,
  });
  await plane.until(() => steps.every(({ status }) => status === "succeeded"));
  expect(plane.beats.some((beat) => beat.length === 5)).toBe(true);
  expect(plane.requests.filter(({ name }) => name === "heartbeat")).toEqual([]);
});

test("one lease that is lost takes no other with it", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 1.2 });
  const [stolen, kept] = several(plane, 2) as [FakeStep, FakeStep];
  const lost: string[] = [];
  const agent = start(
    plane,
    [
      anyTask(async (ctx) => {
        if (ctx.info.name === "s1") return plane.until(() => kept.heartbeats >= 2);
        if (ctx.info.attempt > 1) return;
        plane.steal(stolen);
        return untilAborted(ctx.signal).catch((error: unknown) => {
          if (LeaseLostError.is(error)) lost.push(ctx.info.name);
        });
      }),
    ],
    { concurrency: 2 },
  );
  await plane.until(() => kept.status === "succeeded" && lost.length > 0);
  expect(lost).toEqual(["s0"]);
  expect(kept.attempt).toBe(1);
  expect(await agent.stop()).toMatchObject({ lost: 1 });
});

test("renewals that fail are tried again with the steps that are there then, until a lease ends", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 1.5 });
  const [step] = several(plane, 1) as [FakeStep];
  plane.fault("heartbeats", "cut-before", new NofxError("unavailable"), "cut-after");
  const agent = start(plane, [anyTask(() => plane.until(() => step.heartbeats >= 2))]);
  await plane.until(() => step.status === "succeeded");
  expect(step.attempt).toBe(1);
  expect(agent.events.filter(({ type }) => type === "retrying")).toHaveLength(3);
});

test("a refusal of the agent itself ends all its leases at once", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 1.2 });
  const steps = several(plane, 2);
  const reasons: unknown[] = [];
  plane.fault("heartbeats", new NofxError("unauthenticated"));
  start(
    plane,
    [
      anyTask((ctx) =>
        untilAborted(ctx.signal).catch((error: unknown) => void reasons.push(error)),
      ),
    ],
    { concurrency: 2 },
  );
  await plane.until(() => reasons.length >= 2);
  expect(reasons.slice(0, 2).every((reason) => LeaseLostError.is(reason))).toBe(true);
  const [cause] = reasons.map((reason) => (reason as Error).cause);
  expect(NofxApiError.is(cause) && cause.code).toBe("unauthenticated");
  expect(steps.map(({ settled }) => settled)).toEqual([[], []]);
});

/** A plane that is far: each claim takes a tenth of a second longer, by the agent's clock. Tells what came with claims. */
function far(plane: FakePlane) {
  let later = 0;
  const received: string[] = [];
  const clock: Clock = { ...systemClock, now: () => performance.now() + later };
  const send: Fetch = async (url, init) => {
    const answer = await fetch(url, init);
    if (!url.endsWith("/claim")) return answer;
    const text = await answer.text();
    later += 100;
    for (const { id } of (JSON.parse(text) as { steps: { id: string }[] }).steps) received.push(id);
    plane.changed();
    return new Response(text, answer);
  };
  return { received, options: { clock, fetch: send, prefetch: 3 } };
}

test("short steps are claimed a little ahead; what waits for a slot when the agent stops is given back untouched", async () => {
  await using plane = await FakePlane.start();
  const { received, options } = far(plane);
  let hold = false;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const agent = start(plane, [anyTask(() => (hold ? finished : null))], {
    ...options,
    drainSeconds: 30,
  });
  const first = several(plane, 20);
  await plane.until(() => first.every(({ status }) => status === "succeeded"));
  const most = Math.max(...plane.claims.map(({ max }) => max));
  expect([most > 1, most <= 4]).toEqual([true, true]);

  hold = true;
  const second = several(plane, 6);
  await plane.until(() => received.length >= 22);
  const done = agent.stop();
  finish();
  await done;
  const ends = second.filter(({ id }) => received.includes(id)).map(({ settled }) => settled);
  expect(ends.filter(([end]) => end === "complete")).toHaveLength(1);
  expect(ends.filter(([end]) => end === "release")).toHaveLength(received.length - 21);
});

test("what got no slot within a third of its lease goes back, for others to take", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 0.9 });
  let hold = false;
  start(plane, [anyTask((ctx) => (hold ? untilAborted(ctx.signal) : null))], far(plane).options);
  const first = several(plane, 20);
  await plane.until(() => first.every(({ status }) => status === "succeeded"));
  hold = true;
  const second = several(plane, 6);
  await plane.until(() => second.some(({ settled }) => settled.includes("release")));
  expect(second.filter(({ heartbeats }) => heartbeats > 0).length).toBeLessThanOrEqual(1);
});

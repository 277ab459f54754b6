import { createHmac, randomBytes } from "node:crypto";
import type { ClaimedStep, PushedStep } from "@nofx/core/contract";
import { expect, test } from "vitest";
import { defineAgent, handlePush, type AnyTask, type PushOptions } from "../src/index.ts";
import type { FakeStep } from "./fake-plane/plane.ts";
import { FakePlane, KEY } from "./fake-plane/server.ts";
import { anyTask, untilAborted } from "./harness.ts";

const SECRET = `whsec_${randomBytes(32).toString("base64")}`;

/** As the plane signs: Standard Webhooks. */
function sign(body: string, secret = SECRET, at = Date.now(), id = "step.1") {
  const timestamp = String(Math.floor(at / 1_000));
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${mac}`,
  };
}

function post(body: string, headers: Record<string, string>): Request {
  return new Request("https://function.test/steps", { method: "POST", headers, body });
}

/** The plane claims for a function and posts what it got. */
async function pushed(plane: FakePlane, timeoutSeconds = 60): Promise<PushedStep> {
  const answer = await plane.handle(
    "claim",
    {},
    { capabilities: ["test.task"], max: 1, waitSeconds: 0, worker: "plane" },
    new AbortController().signal,
  );
  const { steps, leaseSeconds } = answer as { steps: ClaimedStep[]; leaseSeconds: number };
  return {
    type: "step.claimed",
    version: 1,
    url: plane.url,
    token: KEY,
    leaseSeconds,
    timeoutSeconds,
    step: steps[0]!,
  };
}

function handler(task: AnyTask, options: Partial<PushOptions> = {}) {
  const agent = defineAgent({ tasks: [task], concurrency: 1 });
  return handlePush(agent, { secret: SECRET, onEvent: () => {}, random: () => 0, ...options });
}

async function send(handle: ReturnType<typeof handler>, what: PushedStep, id?: string) {
  const body = JSON.stringify(what);
  const answer = await handle(post(body, sign(body, SECRET, Date.now(), id)));
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test("a posted step is executed and settled, once however often it comes", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue({ input: { n: 20 } });
  const handle = handler(anyTask(async (ctx, { n }) => ctx.step("more", () => Number(n) + 1)));
  const what = await pushed(plane);
  expect(await send(handle, what)).toEqual({ status: 200, body: { outcome: "succeeded" } });
  expect(step).toMatchObject({ status: "succeeded", output: 21 });
  expect(await send(handle, what)).toEqual({ status: 200, body: { outcome: "repeated" } });
  expect(step.settled).toEqual(["complete"]);
  // what its code takes was told once, beside the first step
  expect(plane.requests.filter(({ name }) => name === "introduce")).toHaveLength(1);
});

test("the first heartbeat goes out at once: a lease that is gone is heard of before much is done", async () => {
  await using plane = await FakePlane.start();
  const step: FakeStep = plane.enqueue();
  const handle = handler(anyTask((ctx) => untilAborted(ctx.signal)));
  const what = await pushed(plane);
  plane.steal(step);
  expect(await send(handle, what)).toEqual({ status: 200, body: { outcome: "lost" } });
  expect(step.settled).toEqual([]);
});

test("what takes longer than a call may last is given back in time, and goes on from its checkpoints", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  let calls = 0;
  const handle = handler(
    anyTask(async (ctx) => {
      calls += 1;
      const first = await ctx.step("first", () => calls);
      return calls > 1 ? { first, calls } : untilAborted(ctx.signal);
    }),
  );
  expect((await send(handle, await pushed(plane, 1), "s.1")).body).toEqual({
    outcome: "released",
  });
  expect((await send(handle, await pushed(plane, 60), "s.2")).body).toEqual({
    outcome: "succeeded",
  });
  expect(step.output).toEqual({ first: 1, calls: 2 });
});

test("with waitUntil it answers at once; when all slots are taken, that they are", async () => {
  await using plane = await FakePlane.start();
  const [first, second] = [plane.enqueue(), plane.enqueue()];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const works: Promise<unknown>[] = [];
  const handle = handler(
    anyTask(() => finished),
    { waitUntil: (work) => void works.push(work) },
  );
  const body = JSON.stringify(await pushed(plane));
  expect((await handle(post(body, sign(body)))).status).toBe(202);
  const other = JSON.stringify(await pushed(plane));
  const full = await handle(post(other, sign(other, SECRET, Date.now(), "other.1")));
  expect([full.status, full.headers.get("retry-after")]).toEqual([429, "1"]);
  finish();
  expect(await Promise.all(works)).toEqual(["succeeded"]);
  expect([first.status, second.status]).toEqual(["succeeded", "assigned"]);
});

test("nothing is executed for a message that is not signed, too old, changed, or not a step", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  let executed = 0;
  const handle = handler(anyTask(() => (executed += 1)));
  const what = await pushed(plane);
  const body = JSON.stringify(what);
  const foreign = `whsec_${randomBytes(32).toString("base64")}`;
  const old = Date.now() - 360_000;
  const elsewhere = JSON.stringify({ ...what, step: { ...what.step, capability: "other" } });
  const answers = await Promise.all([
    handle(post(body, {})),
    handle(post(body, sign(body, foreign))),
    handle(post(body, sign(body, SECRET, old))),
    handle(post(body.replace('"n"', '"m"').concat(" "), sign(body))),
    handle(post("{}", sign("{}"))),
    handle(post(elsewhere, sign(elsewhere))),
    handle(new Request("https://function.test/steps")),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 400, 404, 405]);
  expect([executed, step.settled]).toEqual([0, []]);
  // while a secret is replaced the function knows both, and so does a message
  const both = handler(
    anyTask(() => null),
    { secret: [foreign, SECRET] },
  );
  expect((await send(both, what)).body).toEqual({ outcome: "succeeded" });
  expect(() =>
    handler(
      anyTask(() => null),
      { secret: "plain" },
    ),
  ).toThrow("whsec_");
});

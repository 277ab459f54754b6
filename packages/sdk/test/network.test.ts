import { NofxError } from "@nofx/core/errors";
import { expect, test } from "vitest";
import { createAgentClient, NofxApiError } from "../src/index.ts";
import { FakePlane, KEY, type Fault } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

test.each<[string, Fault[]]>([
  ["cut before it arrives", ["cut-before"]],
  ["cut after it arrived", ["cut-after"]],
  ["answered 503, then cut", [new NofxError("unavailable"), "cut-after"]],
  ["answered 502 by a proxy", [{ status: 502, body: "<html>Bad gateway</html>" }]],
  ["answered 429 with Retry-After", [new NofxError("rate_limited", { retryAfterSeconds: 0.01 })]],
  ["in flight already", [new NofxError("idempotency_in_flight")]],
])("a completion that is %s is completed once, under one key", async (_, faults) => {
  await using plane = await FakePlane.start();
  const agent = start(plane, [anyTask(() => "done")]);
  plane.fault("complete", ...faults);
  const step = plane.enqueue();
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));

  expect(step).toMatchObject({ status: "succeeded", settled: ["complete"], attempt: 1 });
  const sent = plane.requests.filter(({ name }) => name === "complete");
  expect(sent).toHaveLength(faults.length + 1);
  expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
  expect(await agent.stop()).toMatchObject({ succeeded: 1, lost: 0 });
});

test.each(["claim", "checkpoint", "artifact", "storage", "artifactComplete", "logs"] as const)(
  "a broken line at %s changes nothing",
  async (name) => {
    await using plane = await FakePlane.start();
    start(plane, [
      anyTask(async (ctx) => {
        ctx.log("one line");
        const value = await ctx.step("value", () => 7);
        await ctx.artifact("a.bin", new Uint8Array([1, 2, 3]));
        return value;
      }),
    ]);
    plane.fault(name, "cut-before", "cut-after");
    const step = plane.enqueue();
    await plane.until(() => step.status === "succeeded");
    expect(step).toMatchObject({ output: 7, attempt: 1 });
    expect(step.logs.map(({ text }) => text)).toEqual(["one line"]);
    expect([...step.artifacts.keys()]).toEqual(["a.bin"]);
  },
);

test("an agent waits for a control plane that is not there yet, and says so", async () => {
  await using plane = await FakePlane.start();
  plane.down = true;
  const agent = start(plane, [anyTask(() => null)]);
  await plane.until(() => agent.events.filter((event) => event.type === "retrying").length >= 2);
  plane.down = false;
  const step = plane.enqueue();
  await plane.until(() => step.status === "succeeded");
  const retry = agent.events.find((event) => event.type === "retrying");
  expect(retry?.type === "retrying" && NofxApiError.is(retry.error) && retry.error.code).toBe(
    "network_error",
  );
});

test("a running agent outlives an answer that is not the API's, a revoked key it does not", async () => {
  await using plane = await FakePlane.start();
  plane.fault(
    "claim",
    { status: 404, body: "<html>Under maintenance</html>" },
    { status: 200, body: "{}" },
  );
  const agent = start(plane, [anyTask(() => null)], { waitSeconds: 1 });
  const step = plane.enqueue();
  await plane.until(() => step.status === "succeeded");
  plane.fault("claim", new NofxError("unauthenticated"));
  await expect(agent.done).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a refused key ends the agent with the code, and without the key in the message", async () => {
  await using plane = await FakePlane.start();
  const key = "nofx_ak_wrong_0123456789abcdef";
  const agent = start(plane, [anyTask(() => null)], { key });
  const error: unknown = await agent.done.catch((thrown: unknown) => thrown);
  expect(NofxApiError.is(error)).toBe(true);
  expect(error).toMatchObject({ code: "unauthenticated", status: 401, call: "GET /agent" });
  expect(String(error)).not.toContain(key);
});

test("an agent whose key allows none of its tasks says which", async () => {
  await using plane = await FakePlane.start({ capabilities: ["other.thing"] });
  const agent = start(plane, [anyTask(() => null)]);
  await expect(agent.done).rejects.toThrow(
    'Agent "tester" may not do any of test.task: its key allows other.thing.',
  );
});

test("the client gives up when told, and names what answered", async () => {
  await using plane = await FakePlane.start();
  const client = createAgentClient({ url: `${plane.url}/`, key: KEY, random: () => 0 });
  plane.fault("whoAmI", { status: 404, body: "nothing here" });
  await expect(client.call("whoAmI", {}, undefined)).rejects.toMatchObject({
    code: "bad_response",
    status: 404,
  });

  plane.fault("whoAmI", { status: 200, body: "{}" });
  await expect(client.call("whoAmI", {}, undefined)).rejects.toThrow(/agentId/);

  plane.fault("whoAmI", new NofxError("rate_limited", { retryAfterSeconds: 3_600 }));
  const giveUpAt = Date.now() + 60_000;
  await expect(client.call("whoAmI", {}, undefined, { giveUpAt })).rejects.toMatchObject({
    code: "rate_limited",
    retryAfterSeconds: 3_600,
  });
  for (const [key, why] of [
    ["", "The key is empty"],
    ["sk-made-up", "This is no agent key: it begins with nofx_ak_"],
  ] as const) {
    const agent = start(plane, [anyTask(() => null)], { key });
    await expect(agent.done).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining(why),
    });
  }
  expect(() => createAgentClient({ url: "localhost:8790", key: KEY })).toThrow(
    /like http:\/\/127.0.0.1:8790/,
  );
});

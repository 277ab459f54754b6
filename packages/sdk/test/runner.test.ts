import { expect, test, vi } from "vitest";
import {
  createAgentClient,
  describeEvent,
  NofxApiError,
  type AgentEvent,
  type Clock,
} from "../src/index.ts";
import { FakePlane, KEY } from "./fake-plane/server.ts";
import { anyTask, start } from "./harness.ts";

test("a step of a capability that was not asked for fails for good", async () => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  start(plane, [anyTask(() => null)], {
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      if (!url.endsWith("/claim")) return answer;
      return new Response((await answer.text()).replace('"test.task"', '"other.thing"'), answer);
    },
  });
  await plane.until(() => step.status === "failed");
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_permanent_error",
    message: 'This agent has no task for "other.thing".',
  });
});

test("a server that answers nothing at once is not asked in a busy loop", async () => {
  await using plane = await FakePlane.start();
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: async (ms, signal) => {
      if (ms < 2_000) pauses.push(ms);
      if (pauses.length >= 3) void agent.stop();
      await new Promise((resolve) =>
        ms < 2_000 ? setImmediate(resolve) : signal?.addEventListener("abort", resolve),
      );
    },
  };
  const agent = start(plane, [anyTask(() => null)], { waitSeconds: 0, clock });
  await agent.done;
  expect(pauses.slice(0, 3)).toEqual([500, 500, 500]);
});

test("an answer that does not come in time is a network error", async () => {
  const client = createAgentClient({
    url: "http://127.0.0.1:8790",
    key: KEY,
    fetch: (_, { signal }) =>
      new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason as Error)),
      ),
  });
  const error: unknown = await client
    .call("whoAmI", {}, undefined, { timeoutMs: 20, giveUpAt: 0 })
    .catch((thrown: unknown) => thrown);
  expect(NofxApiError.is(error) && [error.code, error.message]).toEqual([
    "network_error",
    "http://127.0.0.1:8790 cannot be reached: no answer within 0 s (network_error, GET /agent)",
  ]);
});

test("a listener that throws does not stop the agent; a missing capability is told", async () => {
  await using plane = await FakePlane.start({ capabilities: ["test.task"] });
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  const events: AgentEvent[] = [];
  const other = { ...anyTask(() => null), capability: "other.thing" };
  const step = plane.enqueue();
  const agent = start(plane, [anyTask(() => null), other], {
    onEvent: (event) => {
      events.push(event);
      plane.changed();
      throw new Error("a listener's own trouble");
    },
  });
  await plane.until(() => events.some((event) => event.type === "step.ended"));
  await agent.stop();
  expect(printed).toHaveBeenCalledWith("onEvent threw:", expect.any(Error));
  printed.mockRestore();
  expect(step.status).toBe("succeeded");
  expect(events.map(describeEvent)).toEqual([
    "agent tester offers test.task",
    "this agent's key does not allow other.thing: its steps will not come here",
    expect.stringMatching(/^work \(test\.task\): started \(attempt 1, run_/),
    "work (test.task): succeeded",
    expect.stringMatching(/^stopping; /),
    "stopped",
  ]);
  expect(describeEvent({ type: "retrying", error: new Error("no answer"), waitMs: 1_500 })).toBe(
    "no answer; trying again in 1.5 s",
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aCandidate, aPrice, aRouteRequest, numRuns } from "../../testing/index.ts";
import { preparePolicy, RoutingPolicy } from "../routing-policy.ts";
import { answerCall, type Behaviour } from "./answer-call.ts";
import { playTraffic, type WorldModel } from "./play-traffic.ts";
import { sumUp } from "./sum-up.ts";

const behaves = (rest: Partial<Behaviour> = {}): Behaviour => ({
  errorRate: 0,
  p50Ms: 100,
  p95Ms: 300,
  quality: 0.5,
  ...rest,
});
const policy = (engine: "v1" | "v2") =>
  preparePolicy(
    RoutingPolicy.parse({ name: "p", version: 1, engine, rules: [{ strategy: { type: "cost" } }] }),
    () => () => true,
  );
const model = (name: string, price: bigint, rest: Partial<WorldModel> = {}): WorldModel => ({
  candidate: aCandidate({ provider: name, model: "one", prices: [aPrice(price)] }),
  behaviour: behaves(),
  outages: [],
  ...rest,
});
const traffic = Array.from({ length: 600 }, (_, i) => ({
  at: 10 ** 9 + i * 1_000,
  request: aRouteRequest({ callKey: `call-${i}` }),
}));

describe("answerCall", () => {
  it("meets the same at a model, whoever is asked before", () => {
    const behaviour = behaves({ errorRate: 0.5 });
    const [a, b] = ["a", "b"].map((id) => ({ id, cost: 1n, behaviour })) as [never, never];
    fc.assert(
      fc.property(fc.nat(), (call) => {
        const [alone] = answerCall("s", call, [b]).attempts;
        const { attempts } = answerCall("s", call, [a, b]);
        expect([undefined, alone]).toContainEqual(attempts[1]);
      }),
      numRuns(1_000),
    );
  });

  it("fails and takes as long as it is told to, about", () => {
    const routes = [{ id: "a", cost: 1n, behaviour: behaves({ errorRate: 0.2 }) }];
    const calls = Array.from({ length: 4_000 }, (_, i) => answerCall("s", i, routes));
    const { unanswered, p50Ms, p95Ms, failedAttempts } = sumUp(calls);
    expect(unanswered).toBe(failedAttempts);
    expect(unanswered / 4_000).toBeCloseTo(0.2, 1);
    expect((p50Ms ?? 0) / 100).toBeCloseTo(1, 0);
    expect((p95Ms ?? 0) / 300).toBeCloseTo(1, 0);
  });
});

describe("playTraffic", () => {
  it("is the same again", () => {
    const world = [model("a", 5n, { behaviour: behaves({ errorRate: 0.3 }) }), model("b", 2n)];
    expect(playTraffic(policy("v2"), traffic, world, "s")).toEqual(
      playTraffic(policy("v2"), traffic, world, "s"),
    );
  });

  it("leaves what fails, and bills whoever answers", () => {
    const from = 10 ** 9 + 100_000;
    const world = [
      model("dear", 5n),
      model("cheap", 2n, { outages: [{ from, until: from + 300_000 }] }),
    ];
    const { answered, failedAttempts, shares, cost } = sumUp(
      playTraffic(policy("v2"), traffic, world, "s"),
    );
    expect(answered).toBe(600);
    // four bad calls, then a trial each quarter of a minute
    expect(failedAttempts).toBeLessThanOrEqual(4 + 21);
    const answers = Object.fromEntries(shares.map(({ id, answers: count }) => [id, BigInt(count)]));
    const each = (price: bigint) => 1_000n * price + 500n * 5n * price;
    expect(cost).toBe(
      (answers["cheap/one@default"] ?? 0n) * each(2n) +
        (answers["dear/one@default"] ?? 0n) * each(5n),
    );
    expect(answers["dear/one@default"]).toBeLessThanOrEqual(320n);
  });

  it("by scores costs no more than by the list", () => {
    const world = [model("dear", 9n), model("cheap", 2n), model("middle", 5n)];
    const [v1, v2] = (["v1", "v2"] as const).map((engine) =>
      sumUp(playTraffic(policy(engine), traffic, world, "s")),
    );
    expect(v1?.shares).toEqual([{ id: "dear/one@default", answers: 600 }]);
    expect(v2?.shares).toEqual([{ id: "cheap/one@default", answers: 600 }]);
  });

  it("tells what has no route from what failed", () => {
    const failing = model("a", 1n, { behaviour: behaves({ errorRate: 1 }) });
    const calls = [
      ...traffic.slice(0, 3),
      { at: 10 ** 10, request: aRouteRequest({ capabilities: ["vision"] }) },
    ];
    expect(sumUp(playTraffic(policy("v2"), calls, [failing], "s"))).toMatchObject({
      calls: 4,
      answered: 0,
      unanswered: 4,
      refused: 1,
      failedAttempts: 3,
      cost: 0n,
      p50Ms: null,
      quality: null,
    });
  });
});

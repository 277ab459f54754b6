import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns, prng } from "../testing/index.ts";
import { SessionWith, type Strategy } from "../vocabulary/index.ts";
import {
  advance,
  start,
  unended,
  wakeAfter,
  type ChildSpec,
  type SessionContext,
  type SessionEffect,
  type SessionEvent,
  type SessionMove,
  type SessionSpec,
  type SessionState,
} from "./index.ts";

const CONTEXT: SessionContext = { depthLeft: 3, fanOut: 32, agents: ["a", "b"] };

function spec(strategy: Strategy, more: object = {}): SessionSpec {
  return { ...SessionWith.parse({ capability: "work", ...more }), strategy };
}

const aSpec = fc
  .record({
    strategy: fc.constantFrom<Strategy>("solo", "pair", "hierarchical", "swarm"),
    rounds: fc.integer({ min: 1, max: 4 }),
    n: fc.integer({ min: 1, max: 6 }),
    mode: fc.constantFrom("best_of_n", "vote", "race"),
    enough: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  })
  .map(({ strategy, rounds, n, mode, enough }) =>
    spec(strategy, { rounds, agents: { n }, mode, ...(enough === undefined ? {} : { enough }) }),
  );

const aContext = fc.record({
  depthLeft: fc.integer({ min: 0, max: 3 }),
  fanOut: fc.integer({ min: 0, max: 12 }),
  agents: fc.constantFrom<string[]>([], ["a"], ["a", "b", "c"]),
});

/** What agents answer: good, bad, and nothing that can be used. */
function answer(child: ChildSpec, dice: () => number): unknown {
  const odd = [null, "text", 7, [], {}, { verdict: "maybe" }, { subtasks: "none" }];
  if (dice() < 0.15) return odd[Math.floor(dice() * odd.length)];
  switch (child.role) {
    case "reviewer":
      return { verdict: ["accept", "revise", "revise", "reject"][Math.floor(dice() * 4)] };
    case "lead": {
      const subtasks = Array.from({ length: Math.floor(dice() * 6) }, (_, i) => ({
        name: `p${dice() < 0.05 ? 0 : i}`,
        ...(dice() < 0.2 ? { strategy: "solo" } : {}),
      }));
      return { subtasks };
    }
    default:
      return { vote: Math.floor(dice() * 2), score: dice() };
  }
}

/** Plays a session to its end: children end in any order, some events come twice, some for nobody. */
function play(of: SessionSpec, context: SessionContext, seed: number, interrupt?: SessionEvent) {
  const dice = prng(seed);
  const open = new Map<string, ChildSpec>();
  const effects: SessionEffect[] = [];
  const take = (move: SessionMove): SessionState => {
    for (const effect of move.effects) {
      effects.push(effect);
      if (effect.type === "spawn") for (const child of effect.children) open.set(child.name, child);
    }
    return move.state;
  };
  let state = take(start(of, context));
  let turns = 0;
  for (; open.size > 0 && turns < 500; turns += 1) {
    const names = [...open.keys()];
    const name = names[Math.floor(dice() * names.length)] ?? "";
    const child = open.get(name);
    if (child === undefined) break;
    open.delete(name);
    const status = (["succeeded", "succeeded", "succeeded", "failed", "cancelled"] as const)[
      Math.floor(dice() * 5)
    ]!;
    const output = status === "succeeded" ? answer(child, dice) : null;
    const error = status === "failed" ? { code: "agent_error", message: "no" } : null;
    const event: SessionEvent = { type: "child_ended", name, status, output, error };
    state = take(advance(state, event));
    // heard again, and of nobody: nothing follows
    expect(advance(state, event)).toEqual({ state, effects: [] });
    expect(advance(state, { ...event, name: "nobody" })).toEqual({ state, effects: [] });
    if (interrupt !== undefined && dice() < 0.2) state = take(advance(state, interrupt));
  }
  return { state, effects, turns };
}

describe("every strategy, whatever its agents answer and in whatever order", () => {
  const interrupts: (SessionEvent | undefined)[] = [
    undefined,
    { type: "timed_out" },
    { type: "refused", children: [], quota: "agents", limit: 1, used: 1, asked: 1 },
  ];

  test("ends with one outcome, within its bounds, and does nothing twice", () => {
    fc.assert(
      fc.property(
        aSpec,
        aContext,
        fc.integer(),
        fc.constantFrom(...interrupts),
        (of, context, seed, interrupt) => {
          const { state, effects, turns } = play(of, context, seed, interrupt);
          expect(turns).toBeLessThan(100);
          expect(state.outcome).not.toBeNull();
          expect(unended(state)).toBe(0);
          expect(wakeAfter(state)).toBe(0);

          const finishes = effects.filter(({ type }) => type === "finish");
          expect(finishes).toHaveLength(1);
          expect(effects.at(-1)?.type).toBe("finish");

          const spawned = effects.flatMap((effect) =>
            effect.type === "spawn" ? effect.children : [],
          );
          const names = spawned.map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
          expect(names.length).toBeLessThanOrEqual(context.fanOut);
          const cancelled = effects.flatMap((effect) =>
            effect.type === "cancel" ? effect.children : [],
          );
          expect(new Set(cancelled).size).toBe(cancelled.length);
          for (const name of cancelled) expect(names).toContain(name);
          const nested = spawned.filter(({ work }) => work.kind === "session");
          expect(names.length).toBeLessThanOrEqual(context.depthLeft < 1 ? 0 : context.fanOut);
          expect(nested.length).toBeLessThanOrEqual(context.depthLeft < 2 ? 0 : context.fanOut);

          const rounds = effects.flatMap((effect) =>
            effect.type === "verdict" ? [effect.round] : [],
          );
          expect(new Set(rounds).size).toBe(rounds.length);
          expect(Math.max(0, ...rounds)).toBeLessThanOrEqual(of.rounds ?? 3);
        },
      ),
      numRuns(2_000),
    );
  });

  test("is always woken by what is under way, while it has not ended", () => {
    fc.assert(
      fc.property(aSpec, fc.integer(), (of, seed) => {
        const dice = prng(seed);
        let { state } = start(of, CONTEXT);
        for (let turns = 0; state.outcome === null; turns += 1) {
          expect(turns).toBeLessThan(100);
          const open = Object.keys(state.children).filter(
            (name) => state.children[name]?.status === "open",
          );
          expect(wakeAfter(state)).toBeGreaterThan(0);
          expect(wakeAfter(state)).toBeLessThanOrEqual(open.length);
          const name = open[Math.floor(dice() * open.length)]!;
          const output = { verdict: "accept", subtasks: [{ name: "x" }], vote: dice() < 0.5 };
          state = advance(state, {
            type: "child_ended",
            name,
            status: dice() < 0.8 ? "succeeded" : "failed",
            output,
            error: null,
          }).state;
        }
      }),
      numRuns(500),
    );
  });

  test("is the same from its stored state: JSON loses nothing", () => {
    fc.assert(
      fc.property(aSpec, (of) => {
        const stored = JSON.parse(JSON.stringify(start(of, CONTEXT).state)) as SessionState;
        const event: SessionEvent = {
          type: "child_ended",
          name: Object.keys(stored.children)[0] ?? "",
          status: "succeeded",
          output: { verdict: "accept" },
          error: null,
        };
        const fromStored = JSON.stringify(advance(stored, event));
        expect(fromStored).toBe(JSON.stringify(advance(start(of, CONTEXT).state, event)));
      }),
      numRuns(200),
    );
  });
});

test("a vote and the best of n come out the same in every order of ends", () => {
  const outputs = [
    { vote: "a", score: 0.1 },
    { vote: "b", score: 0.9 },
    { vote: "a", score: 0.9 },
  ];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const winners = (mode: "vote" | "best_of_n") =>
    orders.map((order) => {
      let { state } = start(spec("swarm", { mode, agents: { n: 3 } }), CONTEXT);
      for (const i of order) {
        const name = `m-${i + 1}`;
        const output = outputs[i];
        state = advance(state, {
          type: "child_ended",
          name,
          status: "succeeded",
          output,
          error: null,
        }).state;
      }
      return state.outcome?.status === "succeeded" ? state.outcome.output : null;
    });
  expect(new Set(winners("vote").map((output) => output?.["vote"]))).toEqual(new Set(["a"]));
  expect(new Set(winners("best_of_n").map((output) => output?.["vote"]))).toEqual(new Set(["b"]));
});

test("what a refusal said was not begun is not waited for, and the refusal is the outcome", () => {
  const { state } = start(spec("swarm", { agents: { n: 2 } }), CONTEXT);
  const refused = advance(state, {
    type: "refused",
    children: ["m-1", "m-2"],
    quota: "agents",
    limit: 4,
    used: 3,
    asked: 2,
  });
  expect(unended(refused.state)).toBe(0);
  expect(refused.effects).toEqual([
    {
      type: "finish",
      outcome: {
        status: "failed",
        code: "quota_exceeded",
        message: "2 more are over the quota agents: 3 of 4 are used.",
        data: { quota: "agents", limit: 4, used: 3, asked: 2 },
      },
    },
  ]);
});

test("a search whose time is over keeps the best that there is", () => {
  let { state } = start(spec("swarm", { agents: { n: 3 } }), CONTEXT);
  const ended = { type: "child_ended", status: "succeeded", error: null } as const;
  state = advance(state, { ...ended, name: "m-2", output: { score: 1 } }).state;
  const late = advance(state, { type: "timed_out" });
  expect(late.effects.map(({ type }) => type)).toEqual(["cancel", "finish"]);
  expect(late.state.outcome).toEqual({ status: "succeeded", output: { score: 1 } });
});

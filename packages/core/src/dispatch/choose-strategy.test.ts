import { bestShare, DISPATCH_WORLDS, playWorld } from "../testing/dispatch-worlds.ts";
import { prng } from "../testing/prng.ts";
import type { Strategy } from "../vocabulary/index.ts";
import { describe, expect, test } from "vitest";
import { chooseStrategy, type Evidence } from "./choose-strategy.ts";
import type { Work } from "./choice.ts";
import { learn } from "./learn.ts";
import { DispatchSettings } from "./settings.ts";
import { NO_LEVEL, type Level } from "./statistics.ts";

const SETTINGS = DispatchSettings.parse({});
const WORK: Work = { capability: "code.patch", labels: [], itemType: "chore" };
const evidence = (known: Partial<Evidence> = {}): Evidence => ({
  tenant: NO_LEVEL,
  capability: NO_LEVEL,
  segment: NO_LEVEL,
  agents: 8,
  at: 0,
  ...known,
});
const choose = (work: Work, known: Partial<Evidence>, seed = 1, holdOut = 0) =>
  chooseStrategy(work, evidence(known), { ...SETTINGS, holdOut }, prng(seed));

/** So many outcomes of a strategy, of which this share is good. */
function after(level: Level, strategy: Strategy, count: number, share: number): Level {
  let known = level;
  for (let i = 0; i < count; i++) {
    const good = Math.floor((i + 1) * share) > Math.floor(i * share) ? 1 : 0;
    known = learn(known, { strategy, good, seconds: 60, costUsd: 0.1, at: 0 });
  }
  return known;
}

describe("with no evidence", () => {
  test("it says so and takes what the prior says is best, the same each time", () => {
    const expected = {
      chore: "solo",
      bug: "pair",
      feature: "hierarchical",
      research: "swarm",
    } as const;
    for (const [itemType, strategy] of Object.entries(expected)) {
      const work = { ...WORK, itemType: itemType as keyof typeof expected };
      for (const seed of [1, 2, 3]) {
        const choice = choose(work, {}, seed);
        expect(choice).toMatchObject({ strategy, heldOut: false, numbers: { level: "prior" } });
        expect(choice.reason).toMatch(/by the built-in prior: no outcome is known yet/);
        expect(choice.numbers.probability).toBe(1);
      }
    }
  });

  test("what is risky gets a second pair of eyes", () => {
    const work = { capability: "code.patch", labels: [] };
    expect(choose(work, {}).strategy).toBe("solo");
    for (const labels of [["production"], ["risk:secrets"], ["irreversible"]]) {
      const choice = choose({ ...work, labels }, {});
      expect([choice.strategy, choice.numbers.segment]).toEqual(["pair", "code.patch/none/high"]);
    }
  });
});

describe("what cannot be taken", () => {
  test("of one strategy that is allowed the reason says no more than that", () => {
    const asked = { ...WORK, allowed: ["pair" as const] };
    expect(choose(asked, {}).reason).toBe("pair: it is what was asked for.");
    expect(choose(asked, { agents: 1 }).reason).toBe(
      "pair: it is what was asked for, though it takes 2 agents, and 1 can be had.",
    );
  });

  test("is left out with the reason: agents, time, money, what is allowed", () => {
    const alone = choose({ ...WORK, itemType: "bug" }, { agents: 1 });
    expect(alone.strategy).toBe("solo");
    expect(alone.reason).toContain("pair takes 2 agents, and 1 can be had");
    expect(choose({ ...WORK, itemType: "feature", budget: 0.5 }, {}).strategy).toBe("solo");
    const late = choose({ ...WORK, itemType: "feature", deadline: 900 }, {});
    expect(late.strategy).toBe("hierarchical");
    expect(late.numbers.strategies.find(({ strategy }) => strategy === "pair")?.excluded).toMatch(
      /takes \d+ s, and 900 s are left/,
    );
    expect(choose({ ...WORK, allowed: ["swarm"] }, {}).strategy).toBe("swarm");
  });

  test("where nothing fits it is the cheapest that is allowed, and never held out", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const choice = choose({ ...WORK, budget: 0, allowed: ["pair", "swarm"] }, {}, seed, 0.5);
      expect([choice.strategy, choice.heldOut, choice.numbers.open]).toEqual(["pair", false, 1]);
      expect(choice.reason).toContain("nothing fits");
    }
  });
});

describe("with evidence", () => {
  test("a segment without outcomes goes by the capability, that by the tenant", () => {
    const swarm = after(after(NO_LEVEL, "swarm", 60, 1), "solo", 60, 0.3);
    for (const known of [{ tenant: swarm, capability: swarm }, { tenant: swarm }]) {
      const level = "capability" in known ? "capability" : "tenant";
      const taken = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => choose(WORK, known, seed));
      expect(taken.every(({ numbers }) => numbers.level === level)).toBe(true);
      const swarms = taken.filter(({ strategy }) => strategy === "swarm").length;
      expect(swarms).toBeGreaterThan(4);
    }
  });

  test("a segment with outcomes of its own goes by them, whatever the tenant's are", () => {
    const tenant = after(NO_LEVEL, "solo", 200, 0.1);
    let segment = after(NO_LEVEL, "solo", 100, 0.95);
    for (const other of ["pair", "hierarchical", "swarm"] as const) {
      segment = after(segment, other, 30, 0.4);
    }
    const known = evidence({ tenant, capability: tenant, segment });
    const choice = chooseStrategy(WORK, known, SETTINGS, prng(1), { likeliest: true });
    const solo = choice.numbers.strategies.find(({ strategy }) => strategy === "solo");
    expect(solo?.success).toBeGreaterThan(0.88);
    expect(choice.strategy).toBe("solo");
    expect(choice.reason).toContain("solo, by outcomes of this kind of work");
  });

  test("the hold-out is uniform, of its share, and its probability is told", () => {
    const segment = after(NO_LEVEL, "solo", 100, 1);
    const random = prng(7);
    const runs = 4_000;
    const held = { solo: 0, pair: 0, hierarchical: 0, swarm: 0 };
    for (let i = 0; i < runs; i++) {
      const choice = chooseStrategy(WORK, evidence({ segment }), SETTINGS, random, { draws: 1 });
      if (choice.heldOut) held[choice.strategy] += 1;
    }
    const all = Object.values(held).reduce((sum, count) => sum + count, 0);
    expect(Math.abs(all / runs - 0.1)).toBeLessThan(0.02);
    for (const count of Object.values(held))
      expect(Math.abs(count / all - 0.25)).toBeLessThan(0.08);
    const choice = choose(WORK, { segment }, 3, 0.1);
    expect(choice.numbers.probability).toBeGreaterThan(0.02);
  });

  test("a probability is one: also where the same is taken in every draw and nothing is held out", () => {
    let segment = after(NO_LEVEL, "solo", 200, 1);
    for (const other of ["pair", "hierarchical", "swarm"] as const) {
      segment = after(segment, other, 200, 0.01);
    }
    for (let seed = 1; seed <= 20; seed++) {
      expect(choose(WORK, { segment }, seed).numbers.probability).toBe(1);
    }
  });

  test("the same random gives the same choice", () => {
    const segment = after(NO_LEVEL, "pair", 20, 0.5);
    expect(choose(WORK, { segment }, 9)).toEqual(choose(WORK, { segment }, 9));
  });
});

describe("on synthetic telemetry with a known best strategy", () => {
  const seeds = Array.from({ length: process.env["PROVE"] === "1" ? 100 : 6 }, (_, i) => i + 1);
  test.each(DISPATCH_WORLDS)(
    "nine of ten are the best within 500 runs, and again within 500 after the switch: $name",
    (world) => {
      const played = seeds.map((seed) =>
        playWorld(world, { runs: 1_000, switchAt: 500, random: prng(seed * 7_919) }),
      );
      const share = (from: number, to: number) =>
        played.reduce((sum, one) => sum + bestShare(one.slice(from, to)), 0) / played.length;
      expect(share(400, 500)).toBeGreaterThan(0.9);
      expect(share(900, 1_000)).toBeGreaterThan(0.9);
      const regret = played.flat().reduce((sum, one) => sum + one.regret, 0);
      const uniform = played.flat().reduce((sum, one) => sum + one.uniformRegret, 0);
      expect(regret / uniform).toBeLessThan(0.4);
    },
  );
});

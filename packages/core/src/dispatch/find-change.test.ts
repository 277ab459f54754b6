import { drawNormal } from "./draw.ts";
import { prng } from "../testing/prng.ts";
import { expect, test } from "vitest";
import { learn } from "./learn.ts";
import { NO_LEVEL, RECENT, type Level } from "./statistics.ts";

/** Plays outcomes of one strategy; answers in which turns a change was found. */
function play(
  seed: number,
  phases: readonly { count: number; success: number; seconds: number }[],
): { level: Level; found: number[] } {
  const random = prng(seed);
  let level = NO_LEVEL;
  const found: number[] = [];
  for (const { count, success, seconds } of phases) {
    for (let i = 0; i < count; i++) {
      const good = random() < success ? 1 : 0;
      const time = seconds * Math.exp(0.5 * drawNormal(random));
      const at = level.turns;
      level = learn(level, { strategy: "solo", good, seconds: time, costUsd: 0.1, at });
      if (level.arms.solo?.changedAt === at) found.push(level.turns);
    }
  }
  return { level, found };
}

const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

test("where nothing changes hardly any change is found", () => {
  const all = seeds.flatMap(
    (seed) => play(seed, [{ count: 500, success: 0.8, seconds: 60 }]).found,
  );
  expect(all.length).toBeLessThanOrEqual(8);
});

test.each([
  ["success falls", { success: 0.4, seconds: 60 }],
  ["it takes three times as long", { success: 0.9, seconds: 180 }],
])("a change is found within 40 outcomes, and what was before is forgotten: %s", (_, after) => {
  for (const seed of seeds) {
    const { level, found } = play(seed, [
      { count: 200, success: 0.9, seconds: 60 },
      { count: 60, ...after },
    ]);
    const since = found.filter((turn) => turn > 200);
    expect(since[0]).toBeLessThanOrEqual(240);
    expect(level.arms.solo?.sums.n).toBeLessThan(60);
  }
});

test("what is kept has the same size after ten outcomes of each and after ten thousand", () => {
  const random = prng(1);
  let level = NO_LEVEL;
  for (let i = 0; i < 10_000; i++) {
    const strategy = (["solo", "pair", "hierarchical", "swarm"] as const)[i % 4] ?? "solo";
    level = learn(level, { strategy, good: Number(random() < 0.8), seconds: 9, costUsd: 1, at: i });
  }
  for (const arm of Object.values(level.arms)) expect(arm.recent.length).toBe(RECENT);
  expect(JSON.stringify(level).length).toBeLessThan(30_000);
});

test("old outcomes count less by others since, and by time", () => {
  const outcome = { strategy: "solo", good: 1, seconds: 9, costUsd: 1 } as const;
  const one = learn(NO_LEVEL, { ...outcome, at: 0 });
  const later = learn(one, { ...outcome, at: 400 * 86_400 });
  expect(later.arms.solo?.recent).toHaveLength(2);
  let level = one;
  for (let i = 0; i < 60; i++) level = learn(level, { ...outcome, at: 0 });
  expect(level.arms.solo?.sums.n).toBeGreaterThan(18);
  expect(level.arms.solo?.sums.n).toBeLessThan(21);
});

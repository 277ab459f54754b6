import { prng } from "../testing/prng.ts";
import { expect, test } from "vitest";
import { measureLift, type MeasuredChoice } from "./measure-lift.ts";
import { tellLift } from "./tell-lift.ts";

const BASE = { holdOut: 0.1, successUsd: 10, hourUsd: 2, seconds: 60, costUsd: 0.2 } as const;

function choices(
  seed: number,
  many: { chosen: number; heldOut: number; chosenGood: number; heldOutGood: number },
): MeasuredChoice[] {
  const random = prng(seed);
  const side = (count: number, heldOut: boolean, good: number) =>
    Array.from({ length: count }, (): MeasuredChoice => ({
      ...BASE,
      strategy: "solo",
      heldOut,
      good: random() < good ? 1 : 0,
    }));
  return [
    ...side(many.chosen, false, many.chosenGood),
    ...side(many.heldOut, true, many.heldOutGood),
  ];
}

test("nothing is told of a gain below twenty outcomes of either, nor where the interval holds 0", () => {
  const few = measureLift(
    choices(1, { chosen: 500, heldOut: 19, chosenGood: 0.9, heldOutGood: 0.1 }),
  );
  expect(few).toMatchObject({ verdict: "too_few", lift: null, liftLow: null, liftHigh: null });
  expect(tellLift(few)).toBe(
    "Too few outcomes to tell: 19 outcomes of choices made at random, 500 of the others; it takes 20 of each.",
  );
  const same = measureLift(
    choices(2, { chosen: 500, heldOut: 60, chosenGood: 0.7, heldOutGood: 0.7 }),
  );
  expect(same.verdict).toBe("not_shown");
  expect(tellLift(same)).toMatch(/^Not shown to be better than choosing at random/);
  expect(measureLift([])).toMatchObject({ verdict: "too_few", chosen: 0, chosenUtility: null });
});

test("a gain is told with its interval, and so is a loss", () => {
  const many = { chosen: 900, heldOut: 100 };
  const better = measureLift(choices(3, { ...many, chosenGood: 0.9, heldOutGood: 0.6 }));
  expect(better.verdict).toBe("better");
  expect(better.liftLow).toBeGreaterThan(0);
  expect(tellLift(better)).toMatch(/^Choosing on evidence is worth \$\d\.\d\d more a choice/);
  const worse = measureLift(choices(4, { ...many, chosenGood: 0.5, heldOutGood: 0.9 }));
  expect(worse.verdict).toBe("worse");
});

test("the interval holds the truth about 19 times in 20", () => {
  const times = process.env["PROVE"] === "1" ? 4_000 : 400;
  let held = 0;
  for (let seed = 1; seed <= times; seed++) {
    const rates = { chosenGood: 0.85, heldOutGood: 0.65 };
    const { liftLow, liftHigh } = measureLift(
      choices(seed, { chosen: 270, heldOut: 60, ...rates }),
    );
    if ((liftLow ?? 0) <= 2 && 2 <= (liftHigh ?? 0)) held += 1;
  }
  expect(held / times).toBeGreaterThan(0.91);
  expect(held / times).toBeLessThan(0.98);
});

test("a share that changed with the times does not pass for a gain", () => {
  // in good times much is held out, in bad times little: without weights the hold-out would look better than it is
  const times = (good: number, holdOut: number) =>
    Array.from({ length: 2_000 }, (_, i): MeasuredChoice => ({
      ...BASE,
      strategy: "solo",
      heldOut: (i % 20) / 20 < holdOut,
      holdOut,
      good: Number((Math.floor(i / 20) % 10) / 10 < good),
    }));
  const { lift, verdict } = measureLift([...times(0.9, 0.5), ...times(0.3, 0.05)]);
  expect(Math.abs(lift ?? 9)).toBeLessThan(0.05);
  expect(verdict).toBe("not_shown");
});

test("what each strategy does is told by the hold-out alone", () => {
  const chosen = choices(5, { chosen: 100, heldOut: 40, chosenGood: 1, heldOutGood: 0 });
  const solo = measureLift(chosen).strategies.find(({ strategy }) => strategy === "solo");
  expect(solo).toMatchObject({ chosen: 100, heldOut: 40, success: 0 });
});

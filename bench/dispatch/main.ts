// npm run bench:dispatch: how soon and how surely the best strategy is chosen on synthetic telemetry whose truth is known and changes
// in the middle, beside choosing at random; what choosing costs; whether the lift that is told is the true one.
import { parseArgs } from "node:util";
import { measureLift, type MeasuredChoice } from "@nofx/core/dispatch";
import {
  bestShare,
  DISPATCH_WORLDS,
  playWorld,
  prng,
  type DispatchWorld,
  type PlayedChoice,
} from "@nofx/core/testing";
import { quantile } from "../lib/numbers.ts";

const { values: arg } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    runs: { type: "string", default: "500" },
    "hold-out": { type: "string", default: "0.1" },
    json: { type: "boolean", default: false },
  },
});
const seeds = Number(arg.seeds);
const runs = Number(arg.runs);
const holdOut = Number(arg["hold-out"]);
const AIM = 0.9;
const LAST = 100;

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The first run after which nine of ten of the fifty choices before it outside the hold-out were the best. */
function rightFrom(played: readonly PlayedChoice[]): number {
  const chosen = played.map((one, run) => ({ ...one, run })).filter(({ heldOut }) => !heldOut);
  for (let i = 50; i <= chosen.length; i++) {
    if (bestShare(chosen.slice(i - 50, i)) >= AIM) return (chosen[i - 1]?.run ?? 0) + 1;
  }
  return Infinity;
}

function measureWorld(world: DispatchWorld) {
  const all = Array.from({ length: seeds }, (_, i) =>
    playWorld(world, {
      runs: 2 * runs,
      switchAt: runs,
      random: prng((i + 1) * 7_919),
      settings: { holdOut },
    }),
  );
  const phase = (from: number) => {
    const parts = all.map((played) => played.slice(from, from + runs));
    const last = parts.map((part) => bestShare(part.slice(-LAST)));
    const sum = (of: (one: PlayedChoice) => number) =>
      mean(parts.map((part) => part.reduce((total, one) => total + of(one), 0)));
    const outside = parts.map((part) => part.filter(({ heldOut }) => !heldOut));
    const chosenRegret = mean(
      outside.map((part) => part.reduce((total, one) => total + one.regret, 0)),
    );
    return {
      whole: mean(parts.map(bestShare)),
      last: mean(last),
      lastP10: quantile(last, 0.1),
      reached: mean(last.map((share) => Number(share >= AIM))),
      rightFrom: quantile(parts.map(rightFrom), 0.5),
      regret: sum(({ regret }) => regret),
      chosenRegret,
      uniformRegret: sum(({ uniformRegret }) => uniformRegret),
    };
  };
  return { world: world.name, first: phase(0), switched: phase(runs), lift: liftOf(all) };
}

/** The lift as it is told after all runs, beside the true one, and how often the interval holds the truth. */
function liftOf(all: readonly PlayedChoice[][]) {
  const told = all.map((played) => {
    const truth =
      mean(played.filter(({ heldOut }) => heldOut).map(({ uniformRegret }) => uniformRegret)) -
      mean(played.filter(({ heldOut }) => !heldOut).map(({ regret }) => regret));
    return { truth, lift: measureLift(played.map(toMeasured)) };
  });
  const holds = told.map(({ truth, lift }) =>
    Number((lift.liftLow ?? -Infinity) <= truth && truth <= (lift.liftHigh ?? Infinity)),
  );
  return {
    truth: mean(told.map(({ truth }) => truth)),
    told: mean(told.map(({ lift }) => lift.lift ?? 0)),
    shown: mean(told.map(({ lift }) => Number(lift.verdict === "better"))),
    holds: mean(holds),
  };
}

const toMeasured = ({ strategy, heldOut, outcome }: PlayedChoice): MeasuredChoice => ({
  strategy,
  heldOut,
  holdOut,
  successUsd: 10,
  hourUsd: 2,
  ...outcome,
});

console.log(
  `${seeds} seeds, ${runs} runs, then the truth changes, ${runs} more; hold-out ${percent(holdOut)}.`,
);
console.log(
  `"best": share of best choices outside the hold-out; regret in US dollars over ${runs} runs.`,
);
let met = true;
for (const world of DISPATCH_WORLDS) {
  const found = measureWorld(world);
  if (arg.json) {
    console.log(JSON.stringify({ bench: "dispatch", ...found }));
    continue;
  }
  console.log("");
  console.log(found.world);
  for (const [name, one] of [
    ["first ", found.first],
    ["switch", found.switched],
  ] as const) {
    met &&= one.last >= AIM;
    console.log(
      `  ${name}  best of the last ${LAST}: ${percent(one.last)} (p10 of seeds ${percent(one.lastP10)}; ${percent(one.reached)} of seeds at 90 % or more), ` +
        `of all ${runs}: ${percent(one.whole)}, right from run ${one.rightFrom}; ` +
        `regret $${one.regret.toFixed(0)} (outside the hold-out $${one.chosenRegret.toFixed(0)}), uniform $${one.uniformRegret.toFixed(0)}, ratio ${(one.regret / one.uniformRegret).toFixed(2)}`,
    );
  }
  const { lift } = found;
  console.log(
    `  lift    true $${lift.truth.toFixed(2)}, told $${lift.told.toFixed(2)} a choice; shown to be better in ${percent(lift.shown)} of seeds, the interval holds the truth in ${percent(lift.holds)}`,
  );
}
console.log("");
console.log(
  met
    ? "Aim met: 90 % best outside the hold-out within the runs, before and after."
    : "Aim missed.",
);
const begun = performance.now();
const [first] = DISPATCH_WORLDS;
if (first !== undefined)
  playWorld(first, { runs: 1_000, switchAt: 500, random: prng(1), draws: 100 });
console.log(
  `A choice with its odds, and learning from it: ${((performance.now() - begun) / 1_000).toFixed(3)} ms.`,
);
if (!met) process.exitCode = 1;

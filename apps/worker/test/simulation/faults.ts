import type { Dice } from "./dice.ts";
import type { Fleet } from "./fleet.ts";
import { FAIR, type Network, type Weather } from "./network.ts";
import type { World } from "./world.ts";

export type FaultKind =
  | "kill"
  | "freeze"
  | "stop"
  | "outage"
  | "weather"
  | "lag"
  | "skew"
  | "swizzle";

export interface Fault {
  readonly at: number;
  readonly kind: FaultKind;
  readonly ms: number;
}

export type Profile = "calm" | "one" | "mixed" | "swizzle" | "storm";

/** When all faults end, at the latest: after that everything must come to an end. */
export const HEAL_AT = 25_000;

const KINDS: readonly FaultKind[] = ["kill", "freeze", "stop", "outage", "weather", "lag", "skew"];

/** 10 % calm, 40 % one kind of fault, 30 % several, 10 % everybody frozen one by one, 10 % far too much. */
export function drawFaults(dice: Dice): { profile: Profile; faults: Fault[] } {
  const roll = dice.below(10);
  const profile: Profile =
    roll < 1 ? "calm" : roll < 5 ? "one" : roll < 8 ? "mixed" : roll < 9 ? "swizzle" : "storm";
  switch (profile) {
    case "calm":
      return { profile, faults: [] };
    case "one":
      return { profile, faults: drawSome(dice, dice.between(5, 10), [dice.pick(KINDS)]) };
    case "mixed":
      return { profile, faults: drawSome(dice, dice.between(6, 14), KINDS) };
    case "swizzle":
      return { profile, faults: drawSome(dice, dice.between(3, 5), ["swizzle"]) };
    case "storm":
      return { profile, faults: drawSome(dice, dice.between(25, 50), [...KINDS, "swizzle"]) };
  }
}

function drawSome(dice: Dice, count: number, kinds: readonly FaultKind[]): Fault[] {
  return Array.from({ length: count }, () => ({
    at: dice.between(200, HEAL_AT - 13_000),
    kind: dice.pick(kinds),
    ms: dice.between(300, 9_000),
  })).toSorted((a, b) => a.at - b.at);
}

export function applyFaults(
  faults: readonly Fault[],
  { world, network, fleet, dice }: { world: World; network: Network; fleet: Fleet; dice: Dice },
): void {
  if (faults.some(({ kind }) => kind === "skew")) fleet.skewed = true;
  for (const fault of faults) {
    world.time.in(fault.at, () => {
      world.note(`fault ${fault.kind} ${fault.ms} ms`);
      apply(fault, { world, network, fleet, dice });
    });
  }
  world.time.in(HEAL_AT, () => {
    world.note("healed");
    network.weather = { ...FAIR };
    network.databaseDown = false;
    for (const { process } of fleet.workers) process.thaw();
  });
}

function apply(
  { kind, ms }: Fault,
  { world, network, fleet, dice }: { world: World; network: Network; fleet: Fleet; dice: Dice },
): void {
  const victim = fleet.pick(dice);
  switch (kind) {
    case "kill":
      if (victim === undefined) return;
      if (victim.inFlight() > 0) world.count("killedAtWork");
      victim.kill();
      return;
    case "stop":
      if (victim === undefined) return;
      if (victim.inFlight() > 0) world.count("stoppedAtWork");
      victim.stop();
      return;
    case "freeze":
      if (victim === undefined) return;
      if (victim.inFlight() > 0) world.count("frozenAtWork");
      victim.process.freeze();
      world.time.in(ms, () => victim.process.thaw());
      return;
    case "swizzle":
      swizzle(ms, { world, fleet, dice });
      return;
    case "outage":
      network.databaseDown = true;
      world.time.in(Math.min(ms, 6_000), () => {
        network.databaseDown = false;
      });
      return;
    case "weather":
      network.weather = drawWeather(dice);
      world.time.in(ms, () => {
        network.weather = { ...FAIR };
      });
      return;
    case "lag":
      lag(ms, { world, network });
      return;
    case "skew":
      if (victim === undefined) return;
      world.count("skewed");
      victim.process.setWallClock(dice.pick([-600_000, 600_000, -3_600_000, 3_600_000]));
      return;
  }
}

/** Answers come late, and when they have come there is nobody to ask any more: who believes too long is found out. */
function lag(ms: number, { world, network }: { world: World; network: Network }): void {
  network.weather = { ...FAIR, slow: 0.9 };
  world.time.in(Math.min(ms, 2_000), () => {
    network.weather = { ...FAIR };
    network.databaseDown = true;
  });
  world.time.in(Math.min(ms, 2_000) + 5_000, () => {
    network.databaseDown = false;
  });
}

/** Freezes some workers one by one and thaws them in another order. */
function swizzle(
  ms: number,
  { world, fleet, dice }: { world: World; fleet: Fleet; dice: Dice },
): void {
  const chosen = fleet.workers.filter(() => dice.chance(0.7));
  chosen.forEach((worker, i) => {
    world.time.in(i * 150, () => {
      if (worker.inFlight() > 0) world.count("frozenAtWork");
      worker.process.freeze();
    });
    world.time.in(1_000 + dice.between(0, ms), () => worker.process.thaw());
  });
}

function drawWeather(dice: Dice): Weather {
  const often = () => (dice.chance(0.5) ? dice.raw() * 0.4 : 0);
  return {
    requestLost: 0.05 + often(),
    replyLost: often(),
    lateCommit: often() / 4,
    ringLost: dice.raw(),
    slow: often(),
  };
}

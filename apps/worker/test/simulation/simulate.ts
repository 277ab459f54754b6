import { runOf } from "@nofx/core/model";
import { settled } from "@nofx/core/testing";
import { Audit } from "./audit.ts";
import { Dice } from "./dice.ts";
import { checkEnd, isQuiet, stuck } from "./endings.ts";
import { applyFaults, drawFaults, HEAL_AT, type Profile } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import { Network } from "./network.ts";
import { People } from "./people.ts";
import type { SettleVerb } from "./settle-verb.ts";
import { CANARY, drawWorkload } from "./workload.ts";
import { World, type Count } from "./world.ts";

const WORKERS = 5;
/** After healing everything ends within this time: retries of undo steps are the slowest. */
const ALL_OVER_MS = 15 * 60_000;
/** More than happens in any simulation that ends. */
const MANY = 150_000;
const STOPPED_MS = 30_000;

export interface Simulated {
  readonly seed: number;
  readonly profile: Profile;
  /** What must never be and was; empty: all is well. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<Count, number>>;
  /** How many steps ended how. */
  readonly ends: Readonly<Record<string, number>>;
  /** Of everything that happened, in order. */
  readonly digest: string;
  readonly tail: string;
}

/** Plays one seed from beginning to end. The same seed plays out the same, to the last event. */
export async function simulate(
  seed: number,
  options: { settle?: SettleVerb | undefined } = {},
): Promise<Simulated> {
  const dice = new Dice(seed);
  const world = new World();
  const network = new Network(world, dice.split());
  const people = new People(world, network, dice.split());
  const audit = new Audit(world, people);
  world.check = () => audit.check();
  const fleet = new Fleet(world, network, dice.split(), options.settle);
  const { profile, faults } = drawFaults(dice.split());
  const plans = drawWorkload(dice.split());
  applyFaults(faults, { world, network, fleet, dice: dice.split() });
  people.start(plans);
  fleet.start(WORKERS);

  const allIn = () => plans.every(({ spec }) => world.model.runs.has(spec.id));
  const lastWord = Math.max(...plans.flatMap(lastWords));
  const calm = () => (faults.length === 0 ? world.now >= lastWord : world.now >= HEAL_AT);
  await play(world, HEAL_AT + ALL_OVER_MS, () => allIn() && calm() && isQuiet(world, people));
  for (const what of stuck(world, people)) world.blame(`I13: ${what}`);
  fleet.close();
  await play(world, world.now + STOPPED_MS, () => fleet.workers.length === 0);
  if (world.problems.length === 0) checkEnd(world, fleet);
  if (world.problems.length === 0) checkWorth(world, profile);
  return {
    seed,
    profile,
    problems: world.problems,
    counts: world.counts,
    ends: endsOf(world),
    digest: world.trace.digest(),
    tail: world.trace.tail(),
  };
}

async function play(world: World, until: number, isOver: () => boolean): Promise<void> {
  for (let events = 0; world.problems.length === 0 && world.now < until && !isOver(); events++) {
    if (!world.time.step()) return;
    await settled();
    if (events > MANY) world.blame("I13: it goes on and on");
  }
}

function lastWords({
  cancelAt,
  pauseAt,
  pausedFor,
  submitAt,
  events,
}: ReturnType<typeof drawWorkload>[number]) {
  const after = [0, cancelAt ?? 0, (pauseAt ?? 0) + pausedFor, ...events.map(({ at }) => at)];
  return after.map((ms) => submitAt + ms + 1_000);
}

/** A simulation in which nothing succeeded, or no fault bit, has proved nothing. */
function checkWorth(world: World, profile: Profile): void {
  const { status } = runOf(world.model, CANARY);
  if (status !== "succeeded") world.blame(`the canary is ${status}`);
  const bites = Object.values(world.counts).reduce((sum, count) => sum + count, 0);
  if (profile !== "calm" && bites === 0) world.blame("no fault bit");
}

function endsOf({ model }: World): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { status } of model.steps.values()) ends[status] = (ends[status] ?? 0) + 1;
  return ends;
}

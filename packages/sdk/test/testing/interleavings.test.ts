import { prng } from "@nofx/core/testing/prng";
import {
  checkDeploy,
  createTestPlane,
  replay,
  type CrashPoint,
  type TestPlane,
} from "@nofx/sdk/testing";
import { expect, test } from "vitest";
import {
  answerTo,
  aProgram,
  interpreter,
  namesOf,
  payloadOf,
  type Effects,
  type Op,
} from "./programs.ts";

// Small programs under many schedules: processes die anywhere, people and events come at any time. What a run gives, and what its
// history says when it is replayed, is what it gives when nothing happens to it.

const COUNT = process.env["PROVE"] === "1" ? 10_000 : 500;

/** `SIM_SEED=341 SIM_SEEDS=10` plays these again. */
const FROM = Number(process.env["SIM_SEED"] ?? 1);
const TO = FROM + Number(process.env["SIM_SEEDS"] ?? COUNT);

/** How many of them each program is put through. */
const SCHEDULES = 10;

interface Played {
  readonly status: string;
  readonly output: unknown;
  readonly steps: Record<string, { status: string; output: unknown }>;
  readonly divergences: readonly unknown[];
  readonly effects: Effects;
  readonly doubled: number;
}

async function play(seed: number, ops: readonly Op[], disturbed: boolean): Promise<Played> {
  const random = prng(seed * 2 + 1);
  const below = (limit: number) => Math.floor(random() * limit);
  const effects: Effects = new Map();
  const programs = new Map(namesOf("p", ops));
  const work = interpreter(programs, effects);
  await using plane = createTestPlane({ seed });
  const agent = plane.join(work, {
    processes: disturbed ? 1 + below(3) : 1,
    concurrency: 1 + below(3),
  });
  const run = await plane.run(work, { program: "p" });
  const events = [...programs.values()]
    .flat()
    .flatMap((op) => (op.do === "event" || op.do === "race" ? [op.name] : []));
  const divergences: unknown[] = [];
  let crashes = 0;
  for (let move = 0; disturbed && move < 12; move++) {
    const what = below(6);
    if (what === 0) await plane.advance({ seconds: below(60) });
    else if (what === 1) await plane.settle();
    else if (what === 2) answerOne(plane);
    else if (what === 3) sendOne();
    // three of them would end a step as poison
    else if (what === 4 && crashes < 2) {
      crashes += 1;
      agent.kill();
    } else if (what === 5 && crashes < 2) {
      crashes += 1;
      plane.crash(crashPoint([...programs.values()].flat(), below));
    }
    if (move === 6 && seed % 3 === 0) {
      await plane.settle();
      const { runs } = await checkDeploy(work, [run.history()]);
      divergences.push(...runs.flatMap(({ findings }) => findings));
    }
  }
  for (let more = 0; run.status === "queued" || run.status === "running"; more++) {
    if (more > 200) throw new Error(`seed ${seed}: ${JSON.stringify(run.steps)}`);
    await plane.settle();
    while (answerOne(plane));
    while (sendOne());
    await plane.settle();
    await run.end().catch(() => {});
  }
  divergences.push(...(await replay(work, run.history())).findings);
  const steps = Object.fromEntries(
    run.steps
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, status, output }) => [name, { status, output }]),
  );
  const doubled = [...effects.values()].reduce((sum, n) => sum + n - 1, 0);
  return { status: run.status, output: run.output, steps, divergences, effects, doubled };

  function sendOne(): boolean {
    const name = events.pop();
    if (name !== undefined) plane.event(name, payloadOf(name), { key: run.id });
    return name !== undefined;
  }
}

function answerOne(plane: TestPlane): boolean {
  const [question] = plane.questions;
  if (question === undefined) return false;
  const { name, step } = question;
  if (answerTo(name) === "approved") plane.approve(name, { step });
  else plane.reject(name, { step, reason: "no" });
  return true;
}

function crashPoint(ops: readonly Op[], below: (limit: number) => number): CrashPoint {
  const steps = ops.flatMap((op) => (op.do === "step" ? [op.name] : []));
  const checkpoint = steps[below(steps.length)] ?? "n1";
  const points: CrashPoint[] = [
    { at: "before_effect", checkpoint },
    { at: "after_effect", checkpoint },
    { at: "stored", checkpoint },
    { at: "claimed" },
    { at: "before_settle" },
    { at: "after_settle" },
    { at: "before_call", call: "wait" },
    { at: "after_call", call: "wait" },
    { at: "after_call", call: "approval" },
    { at: "before_call", call: "spawn" },
    { at: "after_call", call: "spawn" },
  ];
  return points[below(points.length)] ?? { at: "claimed" };
}

/** What a program gave that it should not, in one schedule. */
function wrongIn(disturbed: Played, undisturbed: Played): unknown[] {
  const [given, expected] = [disturbed, undisturbed].map(({ status, output, steps }) =>
    JSON.stringify({ status, output, steps }),
  );
  return [
    ...disturbed.divergences,
    ...(given === expected ? [] : [{ given, expected }]),
    // an effect is done twice only where a process died between it and the storing of its result
    ...(disturbed.doubled > 4 ? [{ doubled: disturbed.doubled }] : []),
  ];
}

test(
  `${TO - FROM} interleavings: each run gives what it gives undisturbed, and no replay diverges`,
  { timeout: 900_000 },
  async () => {
    const wrong: unknown[] = [];
    for (let first = FROM; first < TO; first += SCHEDULES) {
      const { ops } = aProgram(prng(first));
      const undisturbed = await play(first, ops, false);
      const told = { ops, undisturbed: undisturbed.divergences, doubled: undisturbed.doubled };
      if (told.undisturbed.length + told.doubled > 0) wrong.push({ seed: first, ...told });
      for (let seed = first; seed < first + SCHEDULES; seed++) {
        const found = wrongIn(await play(seed, ops, true), undisturbed);
        if (found.length > 0) wrong.push({ seed, ops, found });
      }
    }
    expect(wrong).toEqual([]);
  },
);

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
    .flatMap((op) => (op.do === "event" ? [op.name] : []));
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
    if (move === 6) {
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
    run.steps.map(({ name, status, output }) => [name, { status, output }]),
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

test(
  `${COUNT} interleavings: each run gives what it gives undisturbed, and no replay diverges`,
  { timeout: 900_000 },
  async () => {
    let { ops } = aProgram(prng(1));
    let undisturbed = await play(1, ops, false);
    for (let seed = 1; seed <= COUNT; seed++) {
      if (seed % SCHEDULES === 1) {
        ({ ops } = aProgram(prng(seed)));
        undisturbed = await play(seed, ops, false);
        expect(undisturbed).toMatchObject({ divergences: [], doubled: 0 });
      }
      const disturbed = await play(seed, ops, true);
      const told = `seed ${seed}: ${JSON.stringify(ops)}`;
      expect(disturbed.divergences, told).toEqual([]);
      expect(
        { status: disturbed.status, output: disturbed.output, steps: disturbed.steps },
        told,
      ).toEqual({
        status: undisturbed.status,
        output: undisturbed.output,
        steps: undisturbed.steps,
      });
      // an effect is done twice only where a process died between it and the storing of its result
      expect(disturbed.doubled, told).toBeLessThanOrEqual(4);
    }
  },
);

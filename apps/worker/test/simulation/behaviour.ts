import type { WorkerEngine } from "@nofx/control/steps";
import { NofxError } from "@nofx/core/errors";
import type { ShellWith } from "@nofx/core/vocabulary";
import { StepFailed, type Handler, type StepRun } from "../../src/catalog/handler.ts";
import { persist } from "../../src/loop/persist.ts";
import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import type { Spawn } from "./sim-engine.ts";
import type { SimProcess } from "./sim-process.ts";
import type { World } from "./world.ts";

/** What one attempt of a step does: works, calls the sink, goes on working and calling, and ends in one of these ways. */
export interface Attempt {
  readonly before: number;
  /** Between further calls; none: it calls once. */
  readonly every?: number;
  readonly after: number;
  /** Steps that it spawns and waits for, each with how its attempts go. */
  readonly children?: readonly (readonly Attempt[])[];
  readonly end: "succeed" | "transient" | "permanent" | "throw" | "hang" | "deaf" | "crash";
}

/** The script of a step is carried in its arguments, one attempt for each failure so far; the last one goes on. */
export function scripted(attempts: readonly Attempt[], timeoutSeconds: number) {
  return { script: ":", timeoutSeconds, env: { SIMULATED: JSON.stringify(attempts) } };
}

export interface BehaviourPorts {
  readonly world: World;
  readonly network: Network;
  readonly process: SimProcess;
  readonly engine: Pick<WorkerEngine, "wait">;
  readonly spawn: Spawn;
  /** Dies as by SIGKILL. */
  readonly die: () => void;
}

/** A step body for kind shell. Like a real one it stops when told, calls out under its key and token, and may do worse. */
export function behaviour(ports: BehaviourPorts): Handler<ShellWith> {
  const { world, process } = ports;
  const active = new Set<string>();
  return async (run, args) => {
    const { step } = run;
    if (active.has(step.id)) world.blame(`two attempts of ${step.id} at once in ${process.name}`);
    active.add(step.id);
    world.executing.set(`${step.id}:${step.epoch}`, process.name);
    try {
      const result = await attempt(run, attemptOf(run, args), ports);
      if (result.type === "held") return result;
      world.executed.set(`${step.id}:${step.epoch}`, process.name);
      return result;
    } catch (error) {
      world.executed.set(`${step.id}:${step.epoch}`, process.name);
      throw error;
    } finally {
      active.delete(step.id);
    }
  };
}

function attemptOf({ step }: StepRun, args: ShellWith): Attempt {
  const attempts = JSON.parse(args.env?.["SIMULATED"] ?? "[]") as Attempt[];
  const one = attempts[step.failures] ?? attempts.at(-1);
  if (one === undefined) throw new Error(`${step.id} has no script`);
  return one;
}

async function attempt(run: StepRun, plan: Attempt, ports: BehaviourPorts) {
  const { clock, signal, log, step } = run;
  log.write("stdout", `attempt ${step.epoch}`);
  await clock.sleep(plan.before, signal);
  if (signal.aborted) return { type: "stopped" } as const;
  await callOut(run, ports);
  if (plan.children !== undefined && (await waitForChildren(run, plan.children, ports))) {
    return { type: "held" } as const;
  }
  if (plan.end === "crash") ports.die();
  const { every } = plan;
  for (let left = plan.after; every !== undefined && left > 0 && !signal.aborted; left -= every) {
    await clock.sleep(every, signal);
    if (!signal.aborted) await callOut(run, ports);
  }
  if (plan.end === "hang") await clock.sleep(3_600_000, signal);
  // goes on for a while after it was told to stop
  if (plan.end === "deaf") await clock.sleep(plan.after + 8_000);
  else if (every === undefined) await clock.sleep(plan.after, signal);
  if (signal.aborted && plan.end !== "deaf") return { type: "stopped" } as const;
  switch (plan.end) {
    case "transient":
      throw new StepFailed("http_unavailable", "not now");
    case "permanent":
      throw new StepFailed("exit_nonzero", "not ever");
    case "throw":
      throw new Error("a mistake in the handler");
    default:
      return { type: "succeeded", output: { epoch: step.epoch } } as const;
  }
}

/** Spawns them, or finds them spawned, and waits for all. True: the step is on hold until they have ended. */
async function waitForChildren(
  run: StepRun,
  children: NonNullable<Attempt["children"]>,
  { engine, spawn }: BehaviourPorts,
): Promise<boolean> {
  const drafts = children.map((attempts, i) => ({
    name: `child-${i}`,
    arguments: scripted(attempts, 20),
  }));
  await persist(run, () => spawn(run.held, drafts));
  const options = [{ option: "all", kind: "children" }] as const;
  return (await persist(run, () => engine.wait(run.held, "children", options))).held;
}

/** The effect. A call that nobody answered may have been heard: the next attempt makes it again, under the same key. */
async function callOut({ step }: StepRun, { world, network, process }: BehaviourPorts) {
  const until = world.fence.grantedUntil(step.id, step.epoch);
  if (process.isAwake && world.now > until) {
    world.blame(
      `${process.name} calls out for ${step.id}:${step.epoch}, its lease ended at ${until}`,
    );
  }
  if (world.toldToStop.has(`${step.id}:${step.epoch}`)) {
    world.blame(
      `${process.name} calls out for ${step.id}:${step.epoch} and knows that it must not`,
    );
  }
  try {
    const taken = await network.call(process, `effect ${step.id}`, "sink", () =>
      world.sink.call(step.id, step.epoch),
    );
    if (!taken) throw new StepFailed("http_refused", "a newer attempt has been here");
  } catch (error) {
    if (!NofxError.is(error)) throw error;
    throw new StepFailed("http_unavailable", "the outside does not answer");
  }
}

/** How the attempts of a step go: mostly well in the end, or badly in one of these ways. */
export function drawAttempts(
  dice: Dice,
  badness: number,
  badEnds: readonly Attempt["end"][],
): Attempt[] {
  const attempts: Attempt[] = [];
  const times = () => ({
    before: dice.between(0, 800),
    ...(dice.chance(0.25)
      ? { after: dice.between(2_000, 7_000), every: dice.between(40, 400) }
      : { after: dice.between(0, 600) }),
  });
  while (attempts.length < 3 && dice.chance(badness)) {
    attempts.push({ ...times(), end: dice.pick(["transient", "transient", "throw", "hang"]) });
  }
  const end = dice.chance(badness / 3)
    ? dice.pick(badEnds)
    : dice.chance(0.12)
      ? "deaf"
      : "succeed";
  return [...attempts, { ...times(), end }];
}

import type { RunSpec, StepSpec } from "@nofx/core/model";
import { drawAttempts, scripted, type Attempt } from "./behaviour.ts";
import type { Dice } from "./dice.ts";

/** What happens to a run from outside while it goes on. */
export interface RunPlan {
  readonly spec: RunSpec;
  readonly submitAt: number;
  readonly cancelAt: number | null;
  readonly compensate: boolean;
  readonly pauseAt: number | null;
  readonly pausedFor: number;
  /** Events sent to its wait steps, some of them before anybody waits. */
  readonly events: readonly { readonly at: number; readonly name: string }[];
}

/** A run that nobody touches and that must succeed whatever happens to machines and network. */
export const CANARY = "canary";

const STEADY: Attempt = { before: 700, after: 600, end: "succeed" };
const BAD_ENDS = ["permanent", "deaf", "crash", "hang"] as const;

export function drawWorkload(dice: Dice): RunPlan[] {
  const canary: RunPlan = {
    spec: {
      id: CANARY,
      steps: ["a", "b", "c"].flatMap((chain) =>
        Array.from({ length: 8 }, (_, i) => ({
          name: `${chain}${i}`,
          arguments: scripted([STEADY], 60),
          needs: i === 0 ? [] : [`${chain}${i - 1}`],
          maxFailures: 1_000,
          maxCrashes: 1_000,
        })),
      ),
    },
    submitAt: 0,
    cancelAt: null,
    compensate: true,
    pauseAt: null,
    pausedFor: 0,
    events: [],
  };
  const others = Array.from({ length: dice.between(2, 4) }, (_, i) => drawRun(`run-${i}`, dice));
  return [canary, ...others];
}

function drawRun(id: string, dice: Dice): RunPlan {
  const badness = dice.pick([0, 0.1, 0.4]);
  const pivotAt = dice.chance(0.2) ? dice.between(1, 4) : -1;
  const events: { at: number; name: string }[] = [];
  const steps: StepSpec[] = [];
  for (let i = 0; i < dice.between(3, 8); i++) {
    const before = steps.map((step) => step.name);
    const needs = [
      ...new Set([dice, dice].map(() => (before.length > 0 ? dice.pick(before) : ""))),
    ];
    const chosen = needs.filter((need) => need !== "" && dice.chance(0.7));
    const soft = dice.chance(0.1) ? chosen.splice(0, 1) : [];
    steps.push({
      ...drawStep(`s${i}`, `${id}/s${i}`, dice, badness, events),
      needs: chosen,
      softNeeds: soft,
      pivot: i === pivotAt,
    });
  }
  return {
    spec: { id, steps, undoOrder: dice.pick(["completion", "dependency"]) },
    submitAt: dice.between(0, 5_000),
    cancelAt: dice.chance(0.2) ? dice.between(1_000, 15_000) : null,
    compensate: dice.chance(0.8),
    pauseAt: dice.chance(0.15) ? dice.between(1_000, 10_000) : null,
    pausedFor: dice.between(500, 8_000),
    events,
  };
}

function drawStep(
  name: string,
  id: string,
  dice: Dice,
  badness: number,
  events: { at: number; name: string }[],
): StepSpec {
  const kind = dice.pick([
    "shell",
    "shell",
    "shell",
    "shell",
    "shell",
    "shell",
    "wait",
    "approval",
  ]);
  if (kind === "approval") return { name, kind, arguments: { question: `may ${id} go on?` } };
  if (kind === "wait") return { name, kind, arguments: drawWait(id, dice, events) };
  const undoable = dice.chance(0.4);
  const attempts = drawAttempts(dice, badness, BAD_ENDS);
  const children = dice.chance(0.12)
    ? Array.from({ length: dice.between(1, 3) }, () => drawAttempts(dice, badness, BAD_ENDS))
    : undefined;
  return {
    name,
    arguments: scripted(withChildren(attempts, children), dice.chance(0.1) ? 2 : 20),
    sensitive: dice.chance(0.06),
    maxFailures: dice.between(2, 5),
    maxCrashes: dice.pick([3, 8]),
    ...(dice.chance(0.1) ? { deadlineMs: dice.between(4_000, 20_000) } : {}),
    ...(undoable
      ? {
          undo: {
            kind: "shell",
            with: scripted(drawAttempts(dice, badness / 2, ["permanent", "deaf"]), 20),
          },
        }
      : {}),
  };
}

function withChildren(attempts: Attempt[], children: Attempt[][] | undefined): Attempt[] {
  return children === undefined ? attempts : attempts.map((one) => ({ ...one, children }));
}

function drawWait(id: string, dice: Dice, events: { at: number; name: string }[]) {
  const timer = { seconds: dice.between(0, 6) };
  const event = { event: { name: `ready.${id.replace("/", ".")}` } };
  const person = { person: { question: `who will do ${id}?` } };
  const target = dice.pick([timer, event, person, "any"] as const);
  if (target === event || target === "any") {
    if (dice.chance(0.95)) events.push({ at: dice.between(500, 20_000), name: event.event.name });
  }
  if (target === "any") {
    return {
      any: [
        { option: "told", ...event },
        { option: "late", ...timer },
        { option: "asked", ...person },
      ],
    };
  }
  const timeout = dice.chance(0.3) ? { timeoutSeconds: dice.between(2, 20) } : {};
  return { ...target, ...timeout, onTimeout: dice.pick(["fail", "continue"]) };
}

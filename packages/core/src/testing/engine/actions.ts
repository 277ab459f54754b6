import fc from "fast-check";
import type { ModelUndo, StepSpec, WaitOption } from "../../model/index.ts";

export const WORKERS = ["w0", "w1", "w2"] as const;
export const MAX_RUNS = 3;
/** With those that go on with others. */
export const MAX_ALL_RUNS = 5;

/**
 * Times are chosen so that no sum of ticks comes near any of them: a database, whose clock goes on by itself between two
 * actions, and a model, whose clock does not, then agree about what is over.
 */
export const UNIT_MS = 100_000;
export const LEASE_MS = 1.5 * UNIT_MS;
export const RETRY_MS = 0.5 * UNIT_MS;
export const TIMER_SECONDS = (2.5 * UNIT_MS) / 1_000;
export const DEADLINE_MS = 4.5 * UNIT_MS;

/** What somebody does. `pick` chooses among what there is, whatever its number. */
export type Action =
  | {
      readonly do: "enqueue";
      readonly steps: readonly StepSpec[];
      readonly undoOrder: "completion" | "dependency";
    }
  | { readonly do: "claim"; readonly worker: number; readonly limit: number }
  | { readonly do: "heartbeat"; readonly worker: number; readonly pick: number }
  | { readonly do: "tick"; readonly ms: number }
  | { readonly do: "settle"; readonly worker: number; readonly items: readonly SettleItem[] }
  | {
      readonly do: "checkpoint";
      readonly worker: number;
      readonly pick: number;
      readonly name: string;
      readonly undo: ModelUndo | null;
    }
  | {
      readonly do: "wait";
      readonly worker: number;
      readonly pick: number;
      readonly name: string;
      readonly options: readonly WaitOption[];
    }
  | {
      readonly do: "spawn";
      readonly worker: number;
      readonly pick: number;
      readonly names: readonly string[];
    }
  | {
      readonly do: "ask";
      readonly worker: number;
      readonly pick: number;
      readonly digest: string;
    }
  | { readonly do: "event"; readonly name: string; readonly key: string | null }
  | { readonly do: "message"; readonly pick: number; readonly channel: string }
  | { readonly do: "answer"; readonly pick: number }
  | {
      readonly do: "decide";
      readonly pick: number;
      readonly decision: "approve" | "reject" | "expire";
    }
  | { readonly do: "cancel"; readonly run: number; readonly compensate: boolean }
  | { readonly do: "pause" | "resume"; readonly run: number }
  | {
      readonly do: "fork";
      readonly run: number;
      readonly from: readonly string[];
      readonly keep: boolean;
    }
  | { readonly do: "redrive"; readonly pick: number }
  | { readonly do: "sweep" };

/** One action, or several that bring a run forward: what comes late in its life is otherwise seldom reached. */
export type Move =
  | Action
  | { readonly do: "drive"; readonly ends: readonly SettleItem["outcome"][] };

/** The actions of a move, one after the other. */
export function actionsOf(move: Move): readonly Action[] {
  if (move.do !== "drive") return [move];
  return move.ends.flatMap((outcome, at): Action[] => [
    { do: "claim", worker: 0, limit: 3 },
    {
      do: "settle",
      worker: 0,
      items: [0, 1, 2].map((pick) => ({ pick, outcome, retry: at % 2 === 0 })),
    },
  ]);
}

export interface SettleItem {
  readonly pick: number;
  readonly outcome: "succeeded" | "failed" | "released";
  readonly retry: boolean;
}

const undo: ModelUndo = { kind: "shell", with: { command: ["node"] } };
const maybe = (times: number) => fc.integer({ min: 0, max: times }).map((n) => n === 0);
const worker = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(WORKERS.length - 1) },
);
/** Mostly what came last, which is what can still be acted on. */
const pick = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(3) },
  { weight: 1, arbitrary: fc.nat(50) },
);
const run = fc.oneof(
  { weight: 3, arbitrary: fc.nat(MAX_RUNS - 1) },
  { weight: 1, arbitrary: fc.nat(MAX_ALL_RUNS - 1) },
);
const asWorker = { worker, pick };

/** A run of one to five steps; each may need those before it. */
const steps: fc.Arbitrary<StepSpec[]> = fc
  .array(
    fc.record({
      needs: fc.nat(15),
      soft: maybe(4),
      undo: fc.boolean(),
      pivot: maybe(12),
      sensitive: maybe(12),
      maxFailures: fc.integer({ min: 1, max: 3 }),
      maxCrashes: fc.integer({ min: 1, max: 3 }),
      priority: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drafts) =>
    drafts.map((draft, at) => {
      const before = drafts
        .slice(0, at)
        .flatMap((_, i) => (draft.needs & (1 << i) ? [`s${i}`] : []));
      return {
        name: `s${at}`,
        needs: draft.soft ? before.slice(1) : before,
        softNeeds: draft.soft ? before.slice(0, 1) : [],
        undo: draft.undo ? undo : null,
        pivot: draft.pivot,
        sensitive: draft.sensitive,
        maxFailures: draft.maxFailures,
        maxCrashes: draft.maxCrashes,
        priority: draft.priority,
        deadlineMs: DEADLINE_MS,
      };
    }),
  );

const options: fc.Arbitrary<WaitOption[]> = fc
  .subarray(
    [
      { option: "timer", kind: "timer", seconds: TIMER_SECONDS },
      { option: "event", kind: "event", topic: "e" },
      { option: "keyed", kind: "event", topic: "e", key: "k" },
      { option: "message", kind: "message", topic: "c" },
      { option: "children", kind: "children" },
      { option: "person", kind: "person" },
    ] satisfies WaitOption[],
    { minLength: 1, maxLength: 3 },
  )
  .map((chosen) => [...chosen]);

const settleItem: fc.Arbitrary<SettleItem> = fc.record({
  pick,
  outcome: fc.constantFrom("succeeded", "succeeded", "succeeded", "failed", "failed", "released"),
  retry: fc.boolean(),
});

const WEIGHTED: readonly [number, fc.Arbitrary<Action>][] = [
  [
    6,
    fc.record({
      do: fc.constant("enqueue" as const),
      steps,
      undoOrder: fc.constantFrom("completion", "dependency"),
    }),
  ],
  [
    24,
    fc.record({ do: fc.constant("claim" as const), worker, limit: fc.integer({ min: 1, max: 3 }) }),
  ],
  [3, fc.record({ do: fc.constant("heartbeat" as const), ...asWorker })],
  [
    3,
    fc.record({
      do: fc.constant("tick" as const),
      ms: fc.constantFrom(UNIT_MS, UNIT_MS, UNIT_MS, 2 * UNIT_MS, 5 * UNIT_MS),
    }),
  ],
  [
    24,
    fc.record({
      do: fc.constant("settle" as const),
      worker,
      items: fc.array(settleItem, { minLength: 1, maxLength: 3 }),
    }),
  ],
  [
    6,
    fc.record({
      do: fc.constant("checkpoint" as const),
      ...asWorker,
      name: fc.constantFrom("x", "x", "x", "y"),
      undo: fc.constantFrom(undo, null),
    }),
  ],
  [
    4,
    fc.record({
      do: fc.constant("wait" as const),
      ...asWorker,
      name: fc.constantFrom("p", "q"),
      options,
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("spawn" as const),
      ...asWorker,
      names: fc.subarray(["k1", "k2"], { minLength: 1 }),
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("ask" as const),
      ...asWorker,
      digest: fc.constantFrom("d1", "d2"),
    }),
  ],
  [
    2,
    fc.record({
      do: fc.constant("event" as const),
      name: fc.constant("e"),
      key: fc.constantFrom("k", null),
    }),
  ],
  [1, fc.record({ do: fc.constant("message" as const), pick, channel: fc.constant("c") })],
  [1, fc.record({ do: fc.constant("answer" as const), pick })],
  [
    2,
    fc.record({
      do: fc.constant("decide" as const),
      pick,
      decision: fc.constantFrom("approve", "approve", "reject", "expire"),
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("cancel" as const),
      run,
      compensate: fc.constantFrom(true, true, false),
    }),
  ],
  [1, fc.record({ do: fc.constantFrom("pause" as const, "resume" as const), run })],
  [
    2,
    fc.record({
      do: fc.constant("fork" as const),
      run,
      from: fc.subarray(["s0", "s1", "s2"]),
      keep: fc.boolean(),
    }),
  ],
  [3, fc.record({ do: fc.constant("redrive" as const), pick })],
  [4, fc.record({ do: fc.constant("sweep" as const) })],
];

export const anAction: fc.Arbitrary<Action> = fc.oneof(
  ...WEIGHTED.map(([weight, arbitrary]) => ({ weight, arbitrary })),
);

export const aMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 12, arbitrary: anAction },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("drive" as const),
      ends: fc.array(fc.constantFrom("succeeded", "succeeded", "succeeded", "failed"), {
        minLength: 1,
        maxLength: 6,
      }),
    }),
  },
);

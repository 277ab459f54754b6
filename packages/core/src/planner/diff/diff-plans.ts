import { canonicalJson } from "../../canonical/index.ts";
import { longestRun } from "./longest-run.ts";

/** A step of one version of a plan, as far as versions are compared. */
export interface ComparedStep {
  readonly name: string;
  readonly title: string;
  readonly position: number;
  readonly needs: readonly string[];
  /** Everything else that was judged, by field name. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Median of what it will take, in milliseconds; null where nobody said. */
  readonly durationMs: number | null;
  readonly startMs: number | null;
}

export interface StepChange {
  readonly name: string;
  readonly title: string;
}
export interface MovedStep extends StepChange {
  readonly from: number;
  readonly to: number;
}
export interface ReestimatedStep extends StepChange {
  readonly fromMs: number | null;
  readonly toMs: number | null;
}
export interface RescheduledStep extends StepChange {
  readonly fromMs: number | null;
  readonly toMs: number | null;
}
export interface ChangedStep extends StepChange {
  /** Names of the fields that differ; `needs` among them. */
  readonly fields: readonly string[];
}

/** What differs between two versions of a plan, steps told by their names. */
export interface PlanDiff {
  readonly added: readonly StepChange[];
  readonly removed: readonly StepChange[];
  /** The fewest steps whose moving explains the new order. */
  readonly moved: readonly MovedStep[];
  readonly reestimated: readonly ReestimatedStep[];
  /** What starts at another time, by a twentieth of the plan or more. */
  readonly rescheduled: readonly RescheduledStep[];
  readonly changed: readonly ChangedStep[];
  /** Steps that are in both and differ in nothing but their times. */
  readonly unchanged: number;
}

/** An estimate that differs by less is the same. */
const SAME_SHARE = 0.1;
/** The same of a start, as a share of when the last step starts: shorter ones are chance. */
const SAME_SHARE_OF_PLAN = 0.05;

/**
 * Compares two versions by the names of their steps. Order is compared among the steps that are in both: those outside a longest
 * common order are the ones that moved.
 */
export function diffPlans(from: readonly ComparedStep[], to: readonly ComparedStep[]): PlanDiff {
  const before = new Map(from.map((step) => [step.name, step]));
  const after = new Map(to.map((step) => [step.name, step]));
  const inOrder = (steps: Iterable<ComparedStep>) =>
    [...steps].toSorted((a, b) => a.position - b.position);
  const common = inOrder(to).flatMap((now) => {
    const was = before.get(now.name);
    return was === undefined ? [] : [{ was, now }];
  });
  const kept = longestRun(common.map(({ was }) => was.position));
  const moved = common.filter((_, i) => !kept.has(i));
  const reestimated = common.filter(({ was, now }) => !isSame(was.durationMs, now.durationMs));
  const last = [...from, ...to].reduce((latest, { startMs }) => Math.max(latest, startMs ?? 0), 0);
  const rescheduled = common.filter(
    ({ was, now }) => !isSameStart(was.startMs, now.startMs, SAME_SHARE_OF_PLAN * last),
  );
  const changed = common
    .map(({ was, now }) => ({ ...about(now), fields: changedFields(was, now) }))
    .filter(({ fields }) => fields.length > 0);
  const touched = new Set(
    [...moved, ...reestimated].map(({ now }) => now.name).concat(changed.map(({ name }) => name)),
  );
  return {
    added: inOrder(to)
      .filter(({ name }) => !before.has(name))
      .map(about),
    removed: inOrder(from)
      .filter(({ name }) => !after.has(name))
      .map(about),
    moved: moved.map(({ was, now }) => ({ ...about(now), from: was.position, to: now.position })),
    reestimated: reestimated.map(({ was, now }) => ({
      ...about(now),
      fromMs: was.durationMs,
      toMs: now.durationMs,
    })),
    rescheduled: rescheduled.map(({ was, now }) => ({
      ...about(now),
      fromMs: was.startMs,
      toMs: now.startMs,
    })),
    changed,
    unchanged: common.length - touched.size,
  };
}

function about({ name, title }: StepChange): StepChange {
  return { name, title };
}

function isSame(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= SAME_SHARE * Math.max(a, b);
}

function isSameStart(a: number | null, b: number | null, tolerance: number): boolean {
  return a === null || b === null ? a === b : Math.abs(a - b) <= tolerance;
}

function changedFields(was: ComparedStep, now: ComparedStep): string[] {
  const names = new Set([...Object.keys(was.fields), ...Object.keys(now.fields)]);
  const fields = [...names].filter(
    (name) =>
      canonicalJson([was.fields[name] ?? null]) !== canonicalJson([now.fields[name] ?? null]),
  );
  const needs = (step: ComparedStep) => step.needs.toSorted().join("\n");
  return needs(was) === needs(now) ? fields.toSorted() : [...fields, "needs"].toSorted();
}

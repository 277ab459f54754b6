import fc from "fast-check";
import type { ScheduleProblem } from "../planner/schedule/index.ts";

interface Sizes {
  readonly maxTasks: number;
  readonly maxDuration?: number;
  readonly maxCapacity?: number;
}

/** Problems that have schedules, with lags, tasks without duration or demand, and up to three resources. */
export function aScheduleProblem({ maxTasks, maxDuration = 6, maxCapacity = 5 }: Sizes) {
  const task = fc.record({
    duration: fc.nat(maxDuration),
    demands: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
    after: fc.array(fc.record({ back: fc.integer({ min: 1, max: 5 }), lag: fc.nat(2) }), {
      maxLength: 3,
    }),
  });
  return fc
    .record({
      capacities: fc.array(fc.integer({ min: 1, max: maxCapacity }), { maxLength: 3 }),
      tasks: fc.array(task, { minLength: 1, maxLength: maxTasks }),
    })
    .map(({ capacities, tasks }): ScheduleProblem => ({
      resources: Object.fromEntries(capacities.map((capacity, r) => [`R${r}`, capacity])),
      tasks: tasks.map(({ duration, demands, after }, i) => ({
        id: `t${i}`,
        duration,
        requires: Object.fromEntries(
          capacities.map((capacity, r) => [`R${r}`, Math.round(capacity * (demands[r] as number))]),
        ),
        after: after
          .filter(({ back }) => back <= i)
          .map(({ back, lag }) => ({ task: `t${i - back}`, lag })),
      })),
    }));
}

/** What is wrong with a schedule, by looking at every task and every event. */
export function faultsOf(
  { resources, tasks }: ScheduleProblem,
  starts: Readonly<Record<string, number>>,
): string[] {
  const faults: string[] = [];
  const startOf = (id: string) => starts[id] as number;
  const durations = new Map(tasks.map(({ id, duration }) => [id, duration]));
  for (const { id, after } of tasks) {
    if (!Number.isInteger(startOf(id)) || startOf(id) < 0) faults.push(`${id}: ${starts[id]}`);
    for (const before of after) {
      const [other, lag] = typeof before === "string" ? [before, 0] : [before.task, before.lag];
      const ready = startOf(other) + (durations.get(other) as number) + lag;
      if (startOf(id) < ready) faults.push(`${id} starts before ${other} has ended`);
    }
  }
  for (const time of new Set(Object.values(starts))) {
    const running = tasks.filter(
      ({ id, duration }) => startOf(id) <= time && time < startOf(id) + duration,
    );
    for (const [name, capacity] of Object.entries(resources)) {
      const used = running.reduce((sum, { requires }) => sum + (requires[name] ?? 0), 0);
      if (used > capacity) faults.push(`${used} of ${name} at ${time}`);
    }
  }
  return faults;
}

/** The shortest makespan, by trying every order: for a handful of tasks. */
export function shortestMakespan({ resources, tasks }: ScheduleProblem): number {
  let shortest = Infinity;
  const used: Record<string, number>[] = [];
  const ends = new Map<string, number>();
  const usedAt = (time: number) => (used[time] ??= {});
  const go = (makespan: number) => {
    if (makespan >= shortest) return;
    if (ends.size === tasks.length) shortest = makespan;
    for (const task of tasks) {
      if (ends.has(task.id)) continue;
      const readies = task.after.map((before) =>
        typeof before === "string"
          ? (ends.get(before) ?? NaN)
          : (ends.get(before.task) ?? NaN) + before.lag,
      );
      let start = Math.max(0, ...readies);
      if (Number.isNaN(start)) continue;
      const wanted = Object.entries(task.requires);
      const fits = (time: number) =>
        wanted.every(([r, units]) => (usedAt(time)[r] ?? 0) + units <= (resources[r] as number));
      const times = () => Array.from({ length: task.duration }, (_, t) => start + t);
      while (!times().every(fits)) start++;
      const change = (sign: 1 | -1) => {
        for (const time of times()) {
          for (const [r, units] of wanted) usedAt(time)[r] = (usedAt(time)[r] ?? 0) + sign * units;
        }
      };
      change(1);
      ends.set(task.id, start + task.duration);
      go(Math.max(makespan, start + task.duration));
      ends.delete(task.id);
      change(-1);
    }
  };
  go(0);
  return shortest;
}

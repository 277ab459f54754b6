import { type Issue, pointer } from "../../errors/index.ts";
import { nameFinder } from "../closest-name.ts";
import { findLoops } from "../find-loops.ts";
import { longestLag, MAX_TIME, predecessorId, type ScheduleProblem } from "./problem.ts";

/** What keeps a problem from having a schedule; nothing, and it has one. */
export function checkProblem(problem: ScheduleProblem): Issue[] {
  return [
    ...duplicates(problem),
    ...strangers(problem),
    ...loops(problem),
    ...shortages(problem),
    ...overflow(problem),
  ];
}

function* duplicates({ tasks }: ScheduleProblem): Iterable<Issue> {
  const first = new Map<string, number>();
  for (const [i, { id }] of tasks.entries()) {
    const other = first.get(id);
    if (other === undefined) first.set(id, i);
    else {
      const message = `duplicate id "${id}": task ${other + 1} has it already`;
      yield { path: pointer(["tasks", i, "id"]), message, item: id };
    }
  }
}

function* strangers({ tasks }: ScheduleProblem): Iterable<Issue> {
  const ids = new Set(tasks.map(({ id }) => id));
  const closest = nameFinder(ids);
  for (const [i, { id, after }] of tasks.entries()) {
    for (const [k, name] of after.map(predecessorId).entries()) {
      if (ids.has(name)) continue;
      const message = `comes after "${name}", which does not exist${hint(closest(name))}`;
      yield { path: pointer(["tasks", i, "after", k]), message, item: id };
    }
  }
}

function* loops({ tasks }: ScheduleProblem): Iterable<Issue> {
  const things = tasks.map(({ id, after }) => ({ name: id, needs: after.map(predecessorId) }));
  for (const { names, text } of findLoops(things)) {
    const item = names[0] ?? "";
    const path = pointer(["tasks", tasks.findIndex(({ id }) => id === item), "after"]);
    yield { path, message: `comes after itself: ${text}`, item };
  }
}

function* shortages({ resources, tasks }: ScheduleProblem): Iterable<Issue> {
  const capacities = new Map(Object.entries(resources));
  const closest = nameFinder(capacities.keys());
  for (const [i, { id, requires }] of tasks.entries()) {
    for (const [name, units] of Object.entries(requires)) {
      const path = pointer(["tasks", i, "requires", name]);
      const capacity = capacities.get(name);
      if (capacity === undefined) {
        const message = `requires resource "${name}", which does not exist${hint(closest(name))}`;
        yield { path, message, item: id };
      } else if (units > capacity) {
        const message = `requires ${units} of "${name}", and there are only ${capacity}`;
        yield { path, message, item: id };
      }
    }
  }
}

function* overflow({ tasks }: ScheduleProblem): Iterable<Issue> {
  const total = tasks.reduce((sum, { duration, after }) => sum + duration + longestLag(after), 0);
  if (total < MAX_TIME) return;
  const message = `durations and lags add up to ${total}, and ${MAX_TIME - 1} is the most: use a larger unit of time`;
  yield { path: "/tasks", message };
}

const hint = (name: string | undefined) => (name === undefined ? "" : `; did you mean "${name}"?`);

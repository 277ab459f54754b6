import { expect, test } from "vitest";
import { issuesFromZod } from "../../errors/index.ts";
import { checkProblem, ScheduleProblem } from "./index.ts";

const issuesOf = (document: unknown) => {
  const parsed = ScheduleProblem.safeParse(document);
  const issues = parsed.success ? checkProblem(parsed.data) : issuesFromZod(parsed.error);
  return issues.map(({ path, message }) => `${path} ${message}`);
};
const a = { id: "a", duration: 1 };

test.each<[string, unknown]>([
  ["/tasks there are no tasks to schedule", { tasks: [] }],
  ["/tasks must be a list of tasks", {}],
  ["/tasks/0/duration the duration must not be negative", { tasks: [{ id: "a", duration: -1 }] }],
  [
    "/tasks/0/duration the duration must be a whole number",
    { tasks: [{ id: "a", duration: 1.5 }] },
  ],
  ["/tasks/0/duration the duration must be a number", { tasks: [{ id: "a" }] }],
  ["/resources/R the capacity must not be negative", { resources: { R: -1 }, tasks: [a] }],
  [
    "/tasks/0/requires/R the requirement must be a whole number",
    { resources: { R: 1 }, tasks: [{ ...a, requires: { R: 0.5 } }] },
  ],
  [
    '/tasks/0/requires/R requires 3 of "R", and there are only 2',
    { resources: { R: 2 }, tasks: [{ ...a, requires: { R: 3 } }] },
  ],
  [
    '/tasks/0/requires/worker requires resource "worker", which does not exist; did you mean "workers"?',
    { resources: { workers: 2 }, tasks: [{ ...a, requires: { worker: 1 } }] },
  ],
  [
    '/tasks/0/requires/toString requires resource "toString", which does not exist',
    { resources: {}, tasks: [{ ...a, requires: { toString: 1 } }] },
  ],
  ['/tasks/1/id duplicate id "a": task 1 has it already', { tasks: [a, a] }],
  [
    '/tasks/0/after/0 comes after "nowhere", which does not exist',
    { tasks: [{ ...a, after: ["nowhere"] }] },
  ],
  ["/tasks/0/after comes after itself: a -> a", { tasks: [{ ...a, after: ["a"] }] }],
  [
    "/tasks/0/after comes after itself: a -> c -> b -> a",
    {
      tasks: [
        { ...a, after: ["c"] },
        { id: "b", duration: 0, after: ["a"] },
        { id: "c", duration: 0, after: [{ task: "b", lag: 1 }] },
      ],
    },
  ],
  [
    "/tasks/1/after/0/lag the lag must not be negative",
    { tasks: [a, { id: "b", duration: 0, after: [{ task: "a", lag: -1 }] }] },
  ],
  [
    "/tasks/1/after/0 must be the id of a task, or {task, lag}",
    { tasks: [a, { id: "b", duration: 0, after: [7] }] },
  ],
  [
    `/tasks durations and lags add up to ${2 ** 30 + 1}, and ${2 ** 30 - 1} is the most: use a larger unit of time`,
    { tasks: [a, { id: "b", duration: 2 ** 30 }] },
  ],
])("%s", (issue, document) => expect(issuesOf(document)).toEqual([issue]));

test("nothing is wrong with tasks without duration, demand or resources", () => {
  expect(
    issuesOf({
      tasks: [
        { id: "a", duration: 0 },
        { id: "b", duration: 0, after: ["a"] },
      ],
    }),
  ).toEqual([]);
  expect(issuesOf({ resources: { R: 0 }, tasks: [{ ...a, requires: { R: 0 } }] })).toEqual([]);
});

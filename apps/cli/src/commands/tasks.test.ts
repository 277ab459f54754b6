import { NofxError } from "@nofx/core/errors";
import { expect, it, vi } from "vitest";
import { sayQueued, sayRuns, submitAll, tasksIn, toTask } from "./tasks.ts";

const task = { kind: "shell" as const, with: { script: ":" } };

/** The server's side of it: a run a task; what comes under a key again is there already. */
function serverOf(refuse: (call: number) => boolean = () => false) {
  const calls: { tasks: readonly unknown[]; key: string }[] = [];
  const submitTasks = async ({ tasks }: { tasks: readonly unknown[] }, key: string) => {
    if (refuse(calls.length)) throw new NofxError("plan_required");
    calls.push({ tasks, key });
    return { runs: tasks.map((_, i) => `run_${calls.length}_${i}`), existing: 1 };
  };
  return { calls, api: { submitTasks } };
}

it("makes a task of what was given, and of nothing else", () => {
  expect(toTask({ kind: "shell", with: '{"script": ":"}', priority: 1, json: true })).toEqual({
    ...task,
    priority: 1,
  });
  expect(toTask({ kind: "wait", runAt: "2027-01-31T06:00:00Z", key: "k", queue: "q" })).toEqual({
    kind: "wait",
    with: {},
    runAt: "2027-01-31T06:00:00Z",
    key: "k",
    queue: "q",
  });
});

it.each(["script", "[]", "null", "1"])("says how --with is written instead of %s", (text) => {
  expect(() => toTask({ kind: "shell", with: text })).toThrow("--with takes a JSON object");
});

it("reads a list of tasks, and one that has a name", () => {
  expect(tasksIn([task])).toEqual([task]);
  expect(tasksIn({ tasks: [task, task] })).toHaveLength(2);
  for (const nothing of [{}, [], { tasks: [] }, null, "tasks", { tasks: { a: task } }]) {
    expect(() => tasksIn(nothing)).toThrow("The file has no tasks");
  }
});

it("submits a thousand a call, in order, each call under a key of its own", async () => {
  const { api, calls } = serverOf();
  const tasks = Array.from({ length: 2_001 }, (_, i) => ({ ...task, title: `t${i}` }));
  const { runs, existing } = await submitAll(api, tasks);
  expect(calls.map((call) => call.tasks.length)).toEqual([1_000, 1_000, 1]);
  expect(calls.flatMap((call) => call.tasks)).toEqual(tasks);
  expect(new Set(calls.map(({ key }) => key)).size).toBe(3);
  expect([runs.length, runs[2_000], existing]).toEqual([2_001, "run_3_0", 3]);
});

it("ends with what is refused, and says how many were taken before", async () => {
  const said = vi.spyOn(console, "error").mockReturnValue();
  const { api } = serverOf((call) => call === 1);
  const tasks = Array.from({ length: 1_500 }, () => task);
  await expect(submitAll(api, tasks)).rejects.toMatchObject({ code: "plan_required" });
  expect(said).toHaveBeenCalledWith(expect.stringContaining("The first 1000 tasks"));
  said.mockRestore();
});

it.each([
  [1, 0, "1 task is queued."],
  [5, 2, "3 tasks are queued; 2 were there already, by the key."],
  [2, 1, "1 task is queued; 1 was there already, by the key."],
])("says of %i tasks, %i known: %s", (count, existing, words) => {
  expect(sayQueued(count, existing)).toBe(words);
});

it("prints the ids of what was queued, not addresses alone", () => {
  expect(sayRuns(["run_a"], "http://x")).toEqual(["  run_a  http://x/runs/run_a"]);
  const many = sayRuns(
    Array.from({ length: 12 }, (_, i) => `run_${i}`),
    "http://x",
  );
  expect(many).toHaveLength(12);
  expect(many.slice(9)).toEqual([
    "  run_9",
    "  and 2 more; --json prints them all",
    "  http://x/runs?type=task",
  ]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TaskInput } from "../api/index.ts";
import { numRuns } from "../testing/index.ts";
import { planTasks } from "./plan-tasks.ts";

function planned(tasks: object[], unique = "call", tenantId = "t") {
  return planTasks({
    tenantId,
    tasks: tasks.map((task) => TaskInput.parse(task)),
    owner: "ops",
    unique,
    sha256: (text) => text,
  });
}

function stepsOf(...args: Parameters<typeof planned>) {
  const planning = planned(...args);
  if (!planning.ok) throw new Error(JSON.stringify(planning.issues));
  return planning.steps;
}

describe("planTasks", () => {
  test("makes of each what a backlog item of that kind becomes, with its defaults", () => {
    const [step] = stepsOf([
      {
        kind: "http",
        with: { url: "https://example.org/a" },
        undo: { kind: "http", with: { method: "DELETE", url: "https://example.org/a" } },
        queue: "mail",
        maxAttempts: 5,
      },
    ]);
    expect(step).toMatchObject({
      name: "task-0",
      title: "GET https://example.org/a",
      kind: "http",
      with: { method: "GET", timeoutSeconds: 30 },
      undo: { kind: "http", with: { method: "DELETE", timeoutSeconds: 30 } },
      executor: "worker",
      queue: "mail",
      priority: 3,
      maxFailures: 5,
      needs: [],
    });
  });

  test.each([
    [{ kind: "shell", with: { command: ["npm", "test"] } }, "npm test"],
    [{ kind: "shell", with: { script: "make\n  all" } }, "make all"],
    [{ kind: "agent", with: { capability: "code.patch" } }, "code.patch"],
    [{ kind: "approval", with: { question: "Now?" } }, "Now?"],
    [{ kind: "wait", with: { seconds: 5 } }, "wait"],
    [{ kind: "shell", with: { script: "x".repeat(500) } }, `${"x".repeat(119)}…`],
    [{ kind: "shell", with: { script: ":" }, title: "Nothing" }, "Nothing"],
  ])("names %j", (task, title) => {
    expect(stepsOf([task])[0]?.title).toBe(title);
  });

  test("says what is wrong in the arguments, and where", () => {
    const wrong = { kind: "shell", with: { command: ["a"], script: "b" } };
    const undo = { kind: "wait", with: {} };
    expect(planned([{ kind: "agent", with: { capability: "X" } }, wrong])).toMatchObject({
      ok: false,
      issues: [{ path: "/tasks/0/with/capability" }, { path: "/tasks/1/with" }],
    });
    expect(planned([{ kind: "shell", with: { script: ":" }, undo }])).toMatchObject({
      ok: false,
      issues: [{ path: "/tasks/0/undo/kind" }],
    });
  });

  test("two effects have two tokens, unless a key says that they are one", () => {
    const drafts = fc.array(
      fc.record({ kind: fc.constant("wait"), key: fc.option(fc.string({ minLength: 1 })) }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(drafts, (given) => {
        const tasks = given.map(({ kind, key }) => ({
          kind,
          with: { seconds: 1 },
          ...(key === null ? {} : { key }),
        }));
        const tokens = [...stepsOf(tasks, "one"), ...stepsOf(tasks, "two")].map((s) => s.token);
        const keys = tasks.flatMap(({ key }) => key ?? []);
        const unkeyed = tasks.length - keys.length;
        expect(new Set(tokens).size).toBe(2 * unkeyed + new Set(keys).size);
      }),
      numRuns(1_000),
    );
    const task = { kind: "wait", with: { seconds: 1 }, key: "k" };
    expect(stepsOf([task], "a", "t1")).not.toEqual(stepsOf([task], "a", "t2"));
  });
});

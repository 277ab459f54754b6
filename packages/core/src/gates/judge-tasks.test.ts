import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TaskInput } from "../api/index.ts";
import { planTasks, type PlannedStep } from "../planner/index.ts";
import { numRuns } from "../testing/index.ts";
import { judgePlan } from "./judge-plan.ts";
import { judgeTasks } from "./judge-tasks.ts";
import { TASK_RULES } from "./rules.ts";

// Put together here, so that scanners of source code leave this file alone.
const AWS = `AKIA${"ABCDEFGH".repeat(2)}`;
const trusted = { shell: "trusted", sandboxAvailable: false } as const;

const shell = { kind: "shell", with: { command: ["make"] } };
const agent = { kind: "agent", with: { capability: "code.patch" } };

function stepsOf(...tasks: object[]): PlannedStep[] {
  const planning = planTasks({
    tenantId: "t",
    tasks: tasks.map((task) => TaskInput.parse(task)),
    owner: "ops",
    unique: "call",
    sha256: (text) => text,
  });
  if (!planning.ok) throw new Error(JSON.stringify(planning.issues));
  return planning.steps;
}

describe("judgeTasks", () => {
  test("lets through what a plan would execute without asking anybody", () => {
    const undo = { script: "make clean" };
    const tasks = [shell, agent, { ...shell, undo, risk: ["irreversible"] }];
    expect(judgeTasks(stepsOf(...tasks), trusted)).toEqual([]);
  });

  test.each([
    ["a warning", { ...agent, risk: ["irreversible"] }, "Give the item an undo"],
    ["a step that nobody approves", { ...agent, risk: ["production"] }, "Mark the item"],
    ["an approval that would be asked for", { ...agent, sensitive: true }, "approved"],
    ["a secret", { ...shell, with: { command: ["x", AWS] } }, "an AWS access key"],
    [
      "files of other steps",
      {
        ...shell,
        with: { ...shell.with, inputs: [{ from: "build", artifact: "a.tgz", to: "a.tgz" }] },
      },
      'needs "build", which is not in the plan',
    ],
  ])("refuses %s, by its place and with what to do", (_, task, words) => {
    expect(judgeTasks(stepsOf(agent, task), trusted)).toEqual([
      { path: "/tasks/1", message: expect.stringContaining(words) },
    ]);
  });

  test("refuses commands where the tenant does not run them, also to undo", () => {
    const off = { shell: "off", sandboxAvailable: false } as const;
    const undone = { ...agent, undo: { kind: "shell", with: { script: "rm x" } } };
    const paths = judgeTasks(stepsOf(shell, agent, undone), off).map(({ path }) => path);
    expect(paths).toEqual(["/tasks/0", "/tasks/2"]);
  });

  test("refuses exactly what the gates would not let run by itself", () => {
    const one = fc.record({
      kind: fc.constantFrom("shell" as const, "agent" as const),
      sensitive: fc.boolean(),
      risk: fc.subarray(["irreversible", "production", "secrets", "external"]),
    });
    const facts = fc.constantFrom("off" as const, "trusted" as const, "sandboxed" as const);
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), facts, (drafts, setting) => {
        const steps = stepsOf(
          ...drafts.map(({ kind, ...rest }) => ({
            ...(kind === "shell" ? shell : agent),
            ...rest,
          })),
        );
        const tenant = { shell: setting, sandboxAvailable: false };
        const refused = new Set(judgeTasks(steps, tenant).map(({ path }) => path));
        steps.forEach((step, i) => {
          const alone = judgePlan({ steps: [step], notes: [], facts: tenant }, TASK_RULES);
          const free = alone.every(({ verdict }) => verdict === "allow") && !step.sensitive;
          expect(refused.has(`/tasks/${i}`)).toBe(!free);
        });
      }),
      numRuns(2_000),
    );
  });
});

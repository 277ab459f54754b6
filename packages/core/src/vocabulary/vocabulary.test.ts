import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { Permission, isAllowed, rolesWith } from "./actors.ts";
import { BacklogItemInput } from "./backlog.ts";
import { topicOf } from "./events.ts";
import { HOLD_BITS, Hold, holdMask, holdsOf } from "./holds.ts";
import { RunStatus, StepStatus, isTerminalRun, isTerminalStep } from "./statuses.ts";
import { STEP_EXECUTOR, STEP_WITH, ShellWith, StepKind, WorkspacePath } from "./steps.ts";

describe("holds", () => {
  test("each has a bit of its own, and a mask is a set of them", () => {
    expect(new Set(Object.values(HOLD_BITS)).size).toBe(Hold.options.length);
    fc.assert(
      fc.property(fc.subarray(Hold.options), (holds) => {
        expect(holdsOf(holdMask(holds))).toEqual(Hold.options.filter((one) => holds.includes(one)));
      }),
      numRuns(10_000),
    );
  });
});

describe("roles", () => {
  test("only grow: who may do more may do all that those below may", () => {
    const roles = ["viewer", "operator", "supervisor", "admin"] as const;
    for (const permission of Permission.options) {
      const allowed = roles.map((role) => isAllowed(role, permission));
      expect(allowed.toSorted((a, b) => Number(a) - Number(b))).toEqual(allowed);
      expect(rolesWith(permission)).toEqual(roles.filter((_, i) => allowed[i]));
    }
    expect(rolesWith("approval.decide")).toEqual(["supervisor", "admin"]);
  });
});

describe("statuses", () => {
  test("know which are final", () => {
    expect(StepStatus.options.filter(isTerminalStep)).toEqual(["succeeded", "failed", "cancelled"]);
    expect(RunStatus.options.filter(isTerminalRun)).toEqual(["succeeded", "failed", "cancelled"]);
  });
});

describe("step kinds", () => {
  test("each has a schema and an executor", () => {
    for (const kind of StepKind.options) {
      expect(STEP_WITH[kind].safeParse(null).success).toBe(false);
      expect(["worker", "agent"]).toContain(STEP_EXECUTOR[kind]);
    }
  });

  test("shell wants exactly one of command and script", () => {
    const ok = (value: unknown) => ShellWith.safeParse(value).success;
    expect([ok({ command: ["x"] }), ok({ script: "x" })]).toEqual([true, true]);
    expect([ok({}), ok({ command: ["x"], script: "x" }), ok({ command: [] })]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test.each(["/etc/passwd", "../up", "a/../../b", "C:\\x", "a\\..\\b", "nul\u0000", ""])(
    "%j is no path in the workspace",
    (path) => expect(WorkspacePath.safeParse(path).success).toBe(false),
  );

  test.each(["a", "dist/*.tgz", "a..b/c", "./x"])("%j is one", (path) => {
    expect(WorkspacePath.safeParse(path).success).toBe(true);
  });
});

test("an item has a kind or a type, not both, and labels without spaces", () => {
  const ok = (extra: object) =>
    BacklogItemInput.safeParse({ id: "a", title: "A", ...extra }).success;
  expect([ok({}), ok({ kind: "shell" }), ok({ type: "bug" })]).toEqual([true, true, true]);
  expect([
    ok({ kind: "shell", type: "bug" }),
    ok({ labels: ["a b"] }),
    ok({ priority: 6 }),
  ]).toEqual([false, false, false]);
});

test("topics are named by uuid", () => {
  expect([topicOf.tenant("t"), topicOf.run("r"), topicOf.approvals("t")]).toEqual([
    "tenant:t",
    "run:r",
    "approvals:t",
  ]);
});

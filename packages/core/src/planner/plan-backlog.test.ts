import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aBacklog, aPlanItem, numRuns } from "../testing/index.ts";
import type { ValidItem } from "./parse-row.ts";
import { planBacklog } from "./plan-backlog.ts";
import { DEFAULT_PLAN_RULES, PlanRule } from "./plan-rules.ts";
import { validateBacklog } from "./validate-backlog.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function plan(
  items: readonly ValidItem[],
  overrides: Partial<Parameters<typeof planBacklog>[0]> = {},
) {
  const request = { tenantId: "t", lineage: "l", items, rules: DEFAULT_PLAN_RULES, sha256 };
  return planBacklog({ ...request, ...overrides });
}

function stepsOf(...args: Parameters<typeof plan>) {
  const planned = plan(...args);
  if (!planned.ok) throw new Error(planned.issues.map((issue) => issue.message).join("; "));
  return planned.steps;
}

function itemsOf(document: unknown): ValidItem[] {
  const result = validateBacklog(document);
  if (!result.ok) throw new Error("not valid");
  return result.items;
}

describe("items with a kind", () => {
  test("become that step", () => {
    const undo = { kind: "shell", with: { command: ["undo"] } } as const;
    const item = aPlanItem({ id: "a", risk: ["production"], sensitive: true, owner: "ops", undo });
    expect(stepsOf([item])).toEqual([
      {
        name: "a",
        itemId: "a",
        title: "Item a",
        kind: "shell",
        with: item.with,
        executor: "worker",
        capability: null,
        queue: "default",
        needs: [],
        priority: 3,
        position: 0,
        sensitive: true,
        risk: ["production"],
        labels: [],
        owner: "ops",
        undo,
        pivot: false,
        maxFailures: 3,
        deadlineSeconds: 86_400,
        token: sha256(
          `["t","l","a",{"kind":"shell","with":{"artifacts":[],"command":["true"],"inputs":[],"timeoutSeconds":600}}]`,
        ),
      },
    ]);
  });

  test("of kind agent are offered by capability", () => {
    const item = aPlanItem({
      id: "a",
      kind: "agent",
      with: { capability: "code.patch", input: {} },
    });
    expect(stepsOf([item])[0]).toMatchObject({ executor: "agent", capability: "code.patch" });
  });
});

describe("items with a type", () => {
  const bug = aPlanItem({
    id: "bug",
    type: "bug",
    title: "Off by one",
    labels: ["area"],
    owner: "me",
  });

  test("become a sequence by the first rule that fits", () => {
    const steps = stepsOf([bug]);
    expect(steps.map(({ name, needs, capability }) => [name, needs, capability])).toEqual([
      ["bug.reproduce", [], "code.reproduce"],
      ["bug.fix", ["bug.reproduce"], "code.patch"],
      ["bug.test", ["bug.fix"], "code.test"],
      ["bug.review", ["bug.test"], "code.review"],
    ]);
    expect(steps[1]).toMatchObject({
      title: "Fix: Off by one",
      itemId: "bug",
      owner: "me",
      with: {
        capability: "code.patch",
        input: { item: "bug", title: "Off by one", type: "bug", labels: ["area"] },
      },
    });
  });

  test("others wait for their last step, and their first step waits for others", () => {
    const steps = stepsOf([
      aPlanItem({ id: "after", needs: ["bug"] }),
      { ...bug, needs: ["before"] },
      aPlanItem({ id: "before" }),
    ]);
    expect(steps.map(({ name, needs }) => [name, needs])).toEqual([
      ["before", []],
      ["bug.reproduce", ["before"]],
      ["bug.fix", ["bug.reproduce"]],
      ["bug.test", ["bug.fix"]],
      ["bug.review", ["bug.test"]],
      ["after", ["bug.review"]],
    ]);
  });

  test("take their own arguments step by step; a command makes a shell step", () => {
    const steps = stepsOf([
      {
        ...bug,
        with: {
          test: { command: ["npm", "test"] },
          fix: { input: { hint: "range.js" }, timeoutSeconds: 60 },
        },
      },
    ]);
    expect(steps[2]).toMatchObject({
      name: "bug.test",
      kind: "shell",
      executor: "worker",
      capability: null,
      with: { command: ["npm", "test"], timeoutSeconds: 600 },
    });
    expect(steps[1]?.with).toMatchObject({
      capability: "code.patch",
      timeoutSeconds: 60,
      input: { hint: "range.js", item: "bug" },
    });
  });

  test("a label names the capability of the step that makes the change", () => {
    const steps = stepsOf([{ ...bug, labels: ["capability:rust.patch"] }]);
    expect(steps.map((step) => step.capability)).toEqual([
      "code.reproduce",
      "rust.patch",
      "code.test",
      "code.review",
    ]);
  });

  test("an http item is one step for a worker", () => {
    const steps = stepsOf([
      aPlanItem({ id: "call", kind: "http", with: { url: "https://a.example" }, maxFailures: 7 }),
    ]);
    expect(steps).toMatchObject([{ kind: "http", executor: "worker", maxFailures: 7 }]);
  });

  test("the point of no return is the step that makes the change", () => {
    const steps = stepsOf([{ ...bug, pivot: true, deadlineSeconds: 60 }]);
    expect(steps.map((step) => step.pivot)).toEqual([false, true, false, false]);
    expect(steps.map((step) => step.deadlineSeconds)).toEqual([60, 60, 60, 60]);
  });

  test("the undo of the item belongs to the step that makes the change", () => {
    const steps = stepsOf([{ ...bug, undo: { kind: "shell", with: { command: ["undo"] } } }]);
    expect(steps.map((step) => step.undo !== null)).toEqual([false, true, false, false]);
  });

  test("arguments for steps that the rule does not make are noted", () => {
    const planned = plan([{ ...bug, with: { deploy: {} } }]);
    expect(planned).toMatchObject({ ok: true, notes: [{ rule: "with_unused", item: "bug" }] });
  });

  test("arguments that make a step impossible are named", () => {
    const planned = plan([{ ...bug, with: { fix: { timeoutSeconds: -1 } } }]);
    expect(planned).toMatchObject({
      ok: false,
      issues: [{ item: "bug", path: "/items/0/with/fix/timeoutSeconds" }],
    });
  });
});

describe("items with neither", () => {
  test.each([
    [["capability:code.patch"], "code.patch"],
    [["urgent", "docs.write"], "docs.write"],
  ])("with labels %j become one agent step for %s", (labels, capability) => {
    expect(stepsOf([aPlanItem({ id: "a", kind: undefined, labels })])).toMatchObject([
      { name: "a.work", kind: "agent", capability },
    ]);
  });

  test("that no rule fits are left out with a note, and passed through", () => {
    const planned = plan([
      aPlanItem({ id: "a" }),
      aPlanItem({ id: "vague", kind: undefined, labels: ["urgent"], needs: ["a"] }),
      aPlanItem({ id: "b", needs: ["vague"] }),
    ]);
    expect(planned).toMatchObject({
      ok: true,
      steps: [{ name: "a" }, { name: "b", needs: ["a"] }],
      notes: [{ rule: "no_rule", item: "vague" }],
    });
  });
});

describe("rules", () => {
  test("that a tenant starts with are valid", () => {
    for (const rule of DEFAULT_PLAN_RULES) expect(PlanRule.safeParse(rule).error).toBeUndefined();
  });

  test("are tried by position; a label can choose one", () => {
    const rule = PlanRule.parse({
      name: "docs",
      match: { anyLabel: ["docs"] },
      steps: [
        { suffix: "write", kind: "agent", capability: "docs.write" },
        { suffix: "spell", kind: "shell", with: { command: ["spell"] } },
        { suffix: "style", kind: "shell", with: { command: ["style"] }, needs: ["write"] },
        { suffix: "ok", kind: "approval", needs: ["spell", "style"] },
      ],
      position: 0,
    });
    const rules = [...DEFAULT_PLAN_RULES, rule];
    const steps = stepsOf([aPlanItem({ id: "a", type: "chore", labels: ["docs"] })], { rules });
    expect(steps.map(({ name, needs }) => [name, needs])).toEqual([
      ["a.write", []],
      ["a.spell", ["a.write"]],
      ["a.style", ["a.write"]],
      ["a.ok", ["a.spell", "a.style"]],
    ]);
    expect(steps[3]?.with["question"]).toBe("Item a");
  });

  test.each([
    [
      "a suffix twice",
      [
        { suffix: "a", kind: "approval" },
        { suffix: "a", kind: "approval" },
      ],
    ],
    [
      "a need below",
      [
        { suffix: "a", kind: "approval", needs: ["b"] },
        { suffix: "b", kind: "approval" },
      ],
    ],
    ["an agent step without capability", [{ suffix: "a", kind: "agent" }]],
  ])("with %s are refused", (_name, steps) => {
    expect(PlanRule.safeParse({ name: "r", steps, position: 0 }).success).toBe(false);
  });
});

describe("artifact inputs", () => {
  const wants = (from: string) => ({ command: ["x"], inputs: [{ from, artifact: "f", to: "f" }] });
  const bug = (args: object) => aPlanItem({ id: "bug", type: "bug", with: { ...args } });

  test("from an item of several steps mean the step that declares the artifact, else its last", () => {
    const declared = bug({ test: { command: ["x"], artifacts: ["f"] } });
    const after = aPlanItem({ id: "z", needs: ["bug"], with: wants("bug") });
    const from = (items: ValidItem[]) => stepsOf(items).at(-1)?.with["inputs"];
    expect(from([declared, after])).toMatchObject([{ from: "bug.test" }]);
    expect(from([bug({}), after])).toMatchObject([{ from: "bug.review" }]);
  });

  test("from an item with two last steps, neither of which declares it, are an issue", () => {
    const fork = PlanRule.parse({
      name: "fork",
      steps: [
        { suffix: "x", kind: "shell", with: { command: ["x"] } },
        { suffix: "y", kind: "shell", with: { command: ["y"] }, needs: [] },
      ],
      position: 0,
    });
    const items = [
      aPlanItem({ id: "a", kind: undefined }),
      aPlanItem({ id: "z", needs: ["a"], with: wants("a") }),
    ];
    const planned = plan(items, { rules: [fork] });
    expect(planned).toMatchObject({ ok: false, issues: [{ item: "z", path: "/items/0/with" }] });
  });

  test("may come from an earlier step of the same item, not from a later one", () => {
    expect(plan([bug({ test: wants("bug.fix") })]).ok).toBe(true);
    expect(plan([bug({ reproduce: wants("bug.fix") })])).toMatchObject({
      ok: false,
      issues: [{ item: "bug" }],
    });
  });
});

describe("names", () => {
  test("of steps that meet are an issue", () => {
    const planned = plan([aPlanItem({ id: "a", type: "bug" }), aPlanItem({ id: "a.fix", row: 1 })]);
    expect(planned).toMatchObject({ ok: false, issues: [{ item: "a.fix", path: "/items/1/id" }] });
  });

  test("of steps that get too long are an issue, of very many a thousand and a number", () => {
    const long = Array.from({ length: 400 }, (_, i) =>
      aPlanItem({ id: `${"a".repeat(124)}${1_000 + i}`, type: "bug", row: i }),
    );
    const planned = plan(long);
    expect(planned.ok ? [] : planned.issues).toHaveLength(1_001);
    expect(planned).toMatchObject({ ok: false, issues: { 1000: { message: "and 600 more" } } });
  });
});

describe("order", () => {
  const backlog = fc
    .record({ size: fc.integer({ min: 1, max: 30 }), edges: fc.nat(80), seed: fc.nat() })
    .map(({ size, edges, seed }) => itemsOf(aBacklog(size, edges, seed)));

  test("needs come first; among what is free, priority and then input order", () => {
    fc.assert(
      fc.property(backlog, (items) => {
        const steps = stepsOf(items);
        const done = new Set<string>();
        const row = new Map(items.map((item, i) => [item.id, i]));
        const rank = (name: string, priority: number) => priority * 1_000 + (row.get(name) ?? 0);
        steps.forEach((step, i) => {
          expect(step.position).toBe(i);
          const free = items.filter(
            (item) => !done.has(item.id) && item.needs.every((need) => done.has(need)),
          );
          const best = Math.min(...free.map((item) => rank(item.id, item.priority)));
          expect(rank(step.name, step.priority)).toBe(best);
          done.add(step.name);
        });
        expect(done.size).toBe(items.length);
      }),
      numRuns(2_000),
    );
  });

  test("of the input changes no token, another tenant or plan changes all", () => {
    fc.assert(
      fc.property(backlog, fc.infiniteStream(fc.nat()), (items, keys) => {
        const shuffled = items
          .map((item) => ({ item, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item);
        const tokens = (steps: ReturnType<typeof stepsOf>) =>
          new Set(steps.map((step) => step.token));
        const original = tokens(stepsOf(items));
        expect(tokens(stepsOf(shuffled))).toEqual(original);
        expect(original.size).toBe(items.length);
        for (const other of [{ tenantId: "u" }, { lineage: "m" }]) {
          for (const token of tokens(stepsOf(items, other))) expect(original).not.toContain(token);
        }
      }),
      numRuns(2_000),
    );
  });

  test("survives loops and missing needs, which the gate judges", () => {
    const steps = stepsOf([
      aPlanItem({ id: "a", needs: ["b"] }),
      aPlanItem({ id: "b", needs: ["a", "gone"] }),
      aPlanItem({ id: "c" }),
    ]);
    expect(steps.map((step) => step.name)).toEqual(["c", "a", "b"]);
    expect(steps[2]?.needs).toEqual(["a", "gone"]);
  });
});

test("one changed argument changes one token", () => {
  const items = itemsOf(aBacklog(10, 20));
  const changed = items.map((item, i) =>
    i === 4 ? { ...item, with: { command: ["false"] } } : item,
  );
  const before = new Set(stepsOf(items).map((step) => step.token));
  const after = stepsOf(changed).filter((step) => !before.has(step.token));
  expect(after.map((step) => step.name)).toEqual([items[4]?.id]);
});

describe("lags", () => {
  const waitsOf = (steps: ReturnType<typeof stepsOf>) =>
    steps.filter((step) => step.kind === "wait");

  test("become waits in front of the step, one for each length", () => {
    const needs = ["a", "b", "c", { item: "d", lagSeconds: 90 }, { item: "e", lagSeconds: 30 }];
    const items = "abcde".split("").map((id) => ({
      id,
      title: id,
      kind: "approval",
      with: { question: "?" },
    }));
    const last = { ...items[0], id: "z", needs: [...needs, { item: "c", lagSeconds: 30 }] };
    const document = { version: 1, pack: "p", items: [...items, last] };
    const steps = stepsOf(itemsOf(document));
    expect(
      waitsOf(steps).map(({ name, needs, with: { seconds } }) => [name, needs, seconds]),
    ).toEqual([
      ["z.lag", ["c", "e"], 30],
      ["z.lag-2", ["d"], 90],
    ]);
    expect(steps.at(-1)).toMatchObject({ name: "z", needs: ["a", "b", "z.lag", "z.lag-2"] });
  });

  test("add up through items without steps", () => {
    const nothing = { kind: undefined, type: undefined } as const;
    const steps = stepsOf(
      [
        aPlanItem({ id: "a" }),
        { ...aPlanItem({ id: "b", needs: ["a"], lags: { a: 10 } }), ...nothing },
        aPlanItem({ id: "c", needs: ["b"], lags: { b: 5 } }),
      ],
      { rules: [] },
    );
    expect(waitsOf(steps)).toMatchObject([{ name: "c.lag", needs: ["a"], with: { seconds: 15 } }]);
  });

  test("whose wait would have too long a name are refused", () => {
    const id = "x".repeat(126);
    const planned = plan([aPlanItem({ id: "a" }), aPlanItem({ id, needs: ["a"], lags: { a: 1 } })]);
    expect(planned).toMatchObject({ ok: false, issues: [{ item: id }] });
  });
});

test("among equals questions come first, and what cannot be taken back last", () => {
  const steps = stepsOf([
    aPlanItem({ id: "deploy", risk: ["production"] }),
    aPlanItem({ id: "build" }),
    { ...aPlanItem({ id: "ask" }), kind: "approval", with: { question: "?" } },
    aPlanItem({ id: "first", priority: 1, risk: ["irreversible"] }),
  ]);
  expect(steps.map(({ name }) => name)).toEqual(["first", "ask", "build", "deploy"]);
});

test("an item's estimate and resources belong to its steps", () => {
  const steps = stepsOf([
    aPlanItem({ id: "a", type: "chore", estimateMinutes: 10, resources: ["repo:web"] }),
  ]);
  expect(steps).toMatchObject([
    { name: "a.work", guessMs: 300_000, resources: ["repo:web"] },
    { name: "a.test", guessMs: 300_000, resources: ["repo:web"] },
  ]);
});

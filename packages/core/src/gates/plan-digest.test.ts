import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aPlannedStep, numRuns } from "../testing/index.ts";
import { planDigest, planDigestInput, stepDigestInput } from "./plan-digest.ts";

const a = aPlannedStep({ name: "a" });
const b = aPlannedStep({ name: "b", needs: ["a"], labels: ["x", "y"], position: 1 });

describe("planDigestInput", () => {
  test("does not depend on the order of rows, keys or sets", () => {
    const again = { ...b, labels: ["y", "x"], position: 7 };
    expect(planDigestInput({ version: 1, steps: [again, a] })).toBe(
      planDigestInput({ version: 1, steps: [a, b] }),
    );
  });

  test.each(
    Object.entries({
      title: "other",
      with: { command: ["false"] },
      needs: [],
      sensitive: true,
      risk: ["production" as const],
      owner: "me",
      undo: { kind: "shell", with: { command: ["x"] } },
      pivot: true,
      maxFailures: 5,
      deadlineSeconds: 60,
      priority: 1,
      capability: "a.b",
      token: "t",
    }),
  )("changes with %s", (field, value) => {
    const changed = { ...b, [field]: value };
    expect(planDigestInput({ version: 1, steps: [a, changed] })).not.toBe(
      planDigestInput({ version: 1, steps: [a, b] }),
    );
  });

  test("changes with the version, and survives a trip through JSON", () => {
    const plan = { version: 1, steps: [a, b] };
    expect(planDigestInput({ ...plan, version: 2 })).not.toBe(planDigestInput(plan));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
        const steps = [aPlannedStep({ name: "a", with: args })];
        const back = JSON.parse(JSON.stringify(steps)) as typeof steps;
        expect(planDigestInput({ version: 1, steps: back })).toBe(
          planDigestInput({ version: 1, steps }),
        );
      }),
      numRuns(10_000),
    );
  });

  test("is what the digest hashes", () => {
    const plan = { version: 1, steps: [a] };
    expect(planDigest(plan, (text) => `<${text.length}>`)).toBe(
      `<${planDigestInput(plan).length}>`,
    );
  });
});

test("one step's digest hangs on what will run, not on what it is called on screen", () => {
  expect(stepDigestInput({ ...b, title: "other" })).toBe(stepDigestInput(b));
  expect(stepDigestInput({ ...b, with: { command: ["false"] } })).not.toBe(stepDigestInput(b));
});

import { ApprovalSubject } from "@nofx/core/vocabulary";
import { expect, it } from "vitest";
import { consequencesOf } from "./consequences.ts";

it.each(ApprovalSubject.options)("tells all three endings of an approval of a %s", (subject) => {
  const told = Object.values(consequencesOf({ subject, stepName: "publish", runId: null }));
  expect(told).toHaveLength(3);
  expect(new Set(told).size).toBe(3);
  for (const sentence of told) expect(sentence).toMatch(/^[A-Z].*\.$/);
});

it("names the step where there is one", () => {
  expect(consequencesOf({ subject: "plan_step", stepName: "publish", runId: null }).yes).toContain(
    "Step publish",
  );
  expect(consequencesOf({ subject: "step", stepName: null, runId: null }).yes).toContain(
    "The step",
  );
});

import { expect } from "@playwright/test";
import { expectNoViolations, expectNoViolationsInBothThemes } from "./support/axe.ts";
import { backlog, quick } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

// From a rule as it is typed to a plan that it holds up, and an override of that. The rule is switched off again at the end:
// verdicts of other plans are void while it is on.

const EXAMPLES = JSON.stringify([
  { name: "a build", expect: "pass", plan: { steps: [{ name: "build" }] } },
  { name: "a launch", expect: "fail", plan: { steps: [{ name: "launch-rocket" }] } },
]);

test("a rule is tried as it is typed, replayed, saved, holds a plan up and is overridden", async ({
  adminPage: admin,
  supervisorPage: supervisor,
  operator,
}) => {
  await operator.importBacklog(backlog("rocket", [quick("launch-rocket")]));
  const before = await operator.createPlan("rocket");
  expect(before.verdict).toBe("allow");

  await admin.goto("/gates");
  await expect(admin.getByRole("link", { name: "secret_in_arguments" })).toBeVisible();
  await expectNoViolations(admin, "gates");
  await admin.getByRole("link", { name: "New rule" }).click();
  const condition = admin.getByLabel("Condition (CEL), true where something is wrong");
  await condition.fill('step.nam.startsWith("launch")');
  await expect(admin.getByText("Line 1, column 6: No such key: nam")).toBeVisible();
  await admin.getByRole("button", { name: "Go there" }).press("Enter");
  await expect(condition).toBeFocused();
  // what it marks is what has to go
  await admin.keyboard.type("name");
  await expect(admin.getByText("It can be read.")).toBeVisible();
  await admin
    .getByLabel("Plans that it must find something in, and plans that it must not")
    .fill(EXAMPLES);
  const results = admin.getByRole("list", { name: "Results of the examples" });
  await expect(results.getByText("found in launch-rocket")).toBeVisible();
  await admin.getByLabel("Name").fill("no-launches");
  await admin.getByLabel("Reason, as people read it").fill("Step {step} launches something.");
  await admin.getByLabel("What to do about it").fill("Let somebody else look at it.");
  await admin.getByRole("button", { name: "Replay" }).click();
  await expect(admin.getByText(/1 of \d+ verdicts would be others/)).toBeVisible();
  await expectNoViolationsInBothThemes(admin, "editor");
  await admin.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByRole("heading", { name: "no-launches" })).toBeVisible();

  const plan = await operator.createPlan("rocket");
  expect(plan.verdict).toBe("warn");
  await supervisor.goto(`/plans/${plan.id}`);
  await expect(supervisor.getByText("Step launch-rocket launches something.")).toBeVisible();
  await supervisor.getByRole("button", { name: "Override…" }).click();
  const dialog = supervisor.getByRole("dialog", { name: "Override the verdict" });
  await dialog.getByLabel("Reason").fill("The window closes at noon, and all of us watch.");
  await expectNoViolations(supervisor, "override");
  await dialog.getByRole("button", { name: "Override" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(
    supervisor.getByText("The window closes at noon, and all of us watch."),
  ).toBeVisible();
  await expect(supervisor.getByText("Without what is overridden:")).toBeVisible();
  expect(await operator.plan(plan.id)).toMatchObject({
    status: "approved",
    effectiveVerdict: "allow",
  });

  await admin.getByRole("button", { name: "Switch off" }).click();
  await expect(admin.getByText("version 2, switched off")).toBeVisible();
  await admin.getByRole("link", { name: "Gates" }).first().click();
  await expect(admin.getByText("The window closes at noon, and all of us watch.")).toBeVisible();
});

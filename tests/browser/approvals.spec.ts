import { expect, type Page } from "@playwright/test";
import { expectNoViolationsInBothThemes } from "./support/axe.ts";
import { backlog, quick } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

// People who decide: who they are, what they change, several at once, by keyboard as well.

async function expectNoViolations(page: Page, path: string): Promise<void> {
  await expectNoViolationsInBothThemes(page, path || new URL(page.url()).pathname, async () => {
    if (path !== "") await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  });
}

test("an approver sees what hides, changes the arguments within their form, and what runs is the change", async ({
  supervisorPage: page,
  operator,
  supervisor,
}) => {
  const hidden = { script: ": safe\u202ekcatta" };
  const items = [{ ...quick("edited", { sensitive: true }), with: hidden }];
  await operator.importBacklog(backlog("edits", items));
  const plan = await operator.createPlan("edits");
  const approvalId = plan.stepList[0]?.approvalId ?? "";
  await page.goto(`/approvals/${approvalId}`);
  await expect(page.getByText("It holds characters that would go unseen")).toBeVisible();
  await expect(page.locator("mark", { hasText: "U+202E" }).first()).toBeVisible();

  const comment = page.getByLabel("Say something; it decides nothing");
  await comment.fill("Why does it turn round?");
  await page.getByRole("button", { name: "Comment" }).click();
  await expect(page.getByRole("paragraph").filter({ hasText: "Why does it turn" })).toBeVisible();

  await page.getByRole("button", { name: "Change the arguments…" }).click();
  const editor = page.getByLabel("Arguments (JSON), as they are to run");
  const whole = JSON.parse(await editor.inputValue()) as Record<string, unknown>;
  await editor.fill("{");
  await expect(page.getByRole("button", { name: "Approve changed" })).toBeDisabled();
  await editor.fill(JSON.stringify({ ...whole, with: { script: 5 } }));
  await page.getByRole("button", { name: "Approve changed" }).click();
  await expect(page.getByRole("status").getByText("/arguments/with/script")).toBeVisible();
  await editor.fill(JSON.stringify({ ...whole, with: { script: "echo plain" } }, null, 2));
  const change = page.getByRole("region", { name: "What you change" });
  await expect(change).toContainText("echo plain");
  await expectNoViolations(page, "");
  await page.getByRole("button", { name: "Approve changed" }).click();
  await expect(page.getByRole("region", { name: "What an approver changed" })).toBeVisible();

  const { runId } = await operator.execute(plan.id);
  await expect.poll(async () => (await operator.run(runId)).status).toBe("succeeded");
  expect((await supervisor.approval(approvalId)).editedArguments).toMatchObject({
    with: { script: "echo plain" },
  });
});

test("several are decided together, each as it is shown", async ({
  supervisorPage: page,
  operator,
}) => {
  const items = ["batch-a", "batch-b"].map((id) =>
    quick(id, { sensitive: true, risk: ["external"] }),
  );
  await operator.importBacklog(backlog("batches", items));
  await operator.createPlan("batches");
  await page.goto("/approvals?risk=external");
  await page.getByRole("button", { name: "Decide several" }).click();
  await expectNoViolations(page, "");
  for (const id of ["batch-a", "batch-b"]) {
    // by keyboard
    await page.getByRole("checkbox", { name: `Select Do ${id}` }).focus();
    await page.keyboard.press("Space");
  }
  await expect(page.getByText("2 selected")).toBeVisible();
  await page.getByRole("button", { name: "Reject all" }).press("Enter");
  await expect(page.getByText("Say why you reject")).toBeVisible();
  await page.getByLabel("Reason (needed to reject)").fill("Not this week");
  await page.getByRole("button", { name: "Reject all" }).press("Enter");
  await expect(page.getByText(/left this hour/)).toBeVisible();
  await expect(page.getByRole("checkbox", { name: /batch-/ })).toHaveCount(0);
});

test("an admin says who decides; a tool is listed with what it takes", async ({
  adminPage: page,
}) => {
  await page.goto("/approvals/people");
  await page.getByRole("button", { name: "New group…" }).click();
  const dialog = page.getByRole("dialog", { name: "New group" });
  await dialog.getByLabel("Name").fill("release-managers");
  await dialog.getByRole("checkbox").first().check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("release-managers").first()).toBeVisible();
  await page.getByLabel("About").selectOption("override");
  await page.getByLabel("One of them of").selectOption("release-managers");
  await page.getByRole("button", { name: "Save the rule" }).click();
  await expect(page.getByText("2 people say yes, 1 of release-managers")).toBeVisible();
  await expectNoViolations(page, "/approvals/people");
  await page.getByRole("button", { name: "Take away" }).click();

  await page.goto("/tools");
  await page.getByRole("button", { name: "New tool…" }).click();
  const tool = page.getByRole("dialog", { name: "New tool" });
  await tool.getByLabel("Name").fill("deploy.production");
  await tool.getByLabel("Title").fill("Deploy");
  await tool.getByLabel("Sensitivity").selectOption("critical");
  await tool.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "deploy.production" })).toBeVisible();
  await expect(page.getByText("needs approval")).toBeVisible();
  await expectNoViolations(page, "/tools");
});

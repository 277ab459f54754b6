import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { expectNoViolationsInBothThemes } from "./support/axe.ts";
import { backlog, quick } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

// What was decided, by whom, and whether the record of it holds.

test.use({ trace: "off" });

test("a decision is found in the log, the chain checked and exported; an item's lineage leads to its run", async ({
  operator,
  supervisorPage: page,
}) => {
  await operator.importBacklog(backlog("audited", [quick("only")]));
  const plan = await operator.createPlan("audited");
  const { runId } = await operator.execute(plan.id);

  await page.goto(`/audit?about=${plan.id}`);
  await expect(page.getByRole("status").first()).toHaveText("Live");
  const entry = page.getByRole("button", { name: "plan.created" });
  await expect(entry).toHaveCount(1);
  await expect(page.getByRole("button", { name: "run.started" })).toHaveCount(1);
  await entry.focus();
  await page.keyboard.press("Enter");
  await expect(entry).toHaveAttribute("aria-expanded", "true");
  await expect(page.getByText(plan.digest).first()).toBeVisible();
  await page.getByLabel("What", { exact: true }).selectOption("verdict.");
  await expect(entry).toHaveCount(0);
  await expect(page.getByRole("button", { name: "verdict.given" })).toHaveCount(1);

  await page.getByRole("button", { name: "Check the chain" }).click();
  await expect(page.getByRole("status", { name: "Check" })).toContainText("The chain holds");
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const text = await readFile(await (await downloading).path(), "utf8");
  const lines = text.trimEnd().split("\n");
  expect(lines[0]).toContain('"format":"nofx.audit.export.v1"');
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ type: "end" });
  expect(text).toContain(plan.digest);
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);

  await page.goto("/backlog?pack=audited");
  await page.getByRole("button", { name: /^only/ }).click();
  await page.getByRole("link", { name: "lineage" }).click();
  await expect(page.getByRole("link", { name: "Plan version 1" })).toBeVisible();
  await expect(page.getByText("Spend: none recorded")).toBeVisible();
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);
  await page.locator(`a[href="/runs/${runId}"]`).click();
  await expect(page).toHaveURL(new RegExp(`/runs/${runId}`));
});

import { expect } from "@playwright/test";
import { test } from "./support/test.ts";

// From an empty page to a schedule that is paused.

test("a schedule is made with a look at what is to come, run by hand and paused", async ({
  operatorPage: page,
}) => {
  await page.goto("/schedules");
  await expect(page.getByRole("status").first()).toHaveText("Live");
  await page.getByRole("button", { name: "New schedule…" }).click();
  const dialog = page.getByRole("dialog", { name: "New schedule" });
  const preview = dialog.getByRole("status", { name: "Preview" });
  await dialog.getByLabel("Name").fill("nightly-report");
  await dialog.getByLabel("Time zone").fill("Asia/Kathmandu");
  await dialog.getByLabel("Cron").fill("61 * * * *");
  await expect(preview).toContainText("not a cron expression");
  await dialog.getByLabel("Cron").fill("30 2 * * MON-FRI");
  await expect(preview).toContainText("At 02:30, Monday through Friday");
  // in its zone and in UTC, five of them
  await expect(preview.getByRole("cell", { name: /02:30:00 \+05:45$/ })).toHaveCount(5);
  await expect(preview.getByRole("cell", { name: /20:45:00$/ })).toHaveCount(5);
  await dialog.getByLabel("Arguments (JSON)").fill('{"script": ":"}');
  await dialog.getByRole("button", { name: "Create" }).click();

  await expect(page.getByRole("heading", { name: "nightly-report" })).toBeVisible();
  await expect(page.getByText("It has not fired yet")).toBeVisible();
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page).toHaveURL(/\/runs\/run_/);

  await page.getByRole("link", { name: "Schedules" }).click();
  await page.getByRole("link", { name: "nightly-report" }).click();
  await expect(page.getByText("by hand")).toBeVisible();
  await page.getByRole("button", { name: "Pause…" }).click();
  const pausing = page.getByRole("dialog", { name: "Pause nightly-report" });
  await pausing.getByLabel("Reason").fill("The warehouse is being moved");
  await pausing.getByRole("button", { name: "Pause" }).click();
  await expect(pausing).toHaveCount(0);
  await expect(page.getByText("The warehouse is being moved")).toBeVisible();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
});

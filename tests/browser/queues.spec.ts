import { expect } from "@playwright/test";
import { test } from "./support/test.ts";

// A queue of its own: what other tests run stands in "default".

test("a queue is limited and paused with a reason, and goes on", async ({ operatorPage: page }) => {
  await page.goto("/queues");
  await expect(page.getByRole("status").first()).toHaveText("Live");
  await page.getByRole("button", { name: "Limit…" }).click();
  const limits = page.getByRole("dialog", { name: "Limits" });
  await limits.getByLabel("Queue", { exact: true }).fill("mail");
  await limits.getByLabel("Running at once, at most").fill("20");
  await limits.getByRole("button", { name: "Set limits" }).click();
  const row = page.getByRole("row", { name: /^mail/ });
  await expect(row).toContainText("20 running");

  await row.getByRole("button", { name: "Pause mail" }).click();
  const pausing = page.getByRole("dialog", { name: "Pause mail" });
  await expect(pausing.getByRole("button", { name: "Pause" })).toBeDisabled();
  await pausing.getByLabel("Reason").fill("The provider is down");
  await pausing.getByRole("button", { name: "Pause" }).click();
  await expect(row).toContainText("Paused: The provider is down");
  await page.getByRole("button", { name: "Resume queue mail" }).click();
  await expect(row).not.toContainText("Paused");
  await page.getByRole("button", { name: "Remove the limits of queue mail" }).click();
  await expect(row).toHaveCount(0);
});

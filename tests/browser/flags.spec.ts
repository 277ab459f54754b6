import { expect } from "@playwright/test";
import { backlog, quick } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

// What an admin closes is closed for everybody, with the reason; and several models are asked for one plan.

test("an admin switches executing off with a reason, the button says why, and on again", async ({
  adminPage: page,
  operatorPage: other,
}) => {
  await page.goto("/flags");
  const row = page.getByRole("row", { name: /FEATURE_PLANNER_EXECUTE/ }).first();
  await expect(row).toContainText("On");
  await row.getByRole("button", { name: "Switch off… FEATURE_PLANNER_EXECUTE" }).click();
  const dialog = page.getByRole("dialog", { name: 'Switch "Execute plans" off?' });
  await expect(dialog.getByRole("button", { name: "Switch off" })).toBeDisabled();
  await dialog.getByLabel("Reason").fill("Nothing runs tonight");
  await dialog.getByRole("button", { name: "Switch off" }).click();
  await expect(dialog).toHaveCount(0);
  try {
    await expect(row).toContainText("Off");
    await expect(row).toContainText("Nothing runs tonight");
    await expect(page.getByRole("table", { name: "Changes of flags" })).toContainText(
      "Nothing runs tonight",
    );
    await other.goto("/flags");
    const locked = other.getByRole("button", { name: "Switch on… FEATURE_PLANNER_EXECUTE" });
    await expect(locked).toHaveAttribute("aria-disabled", "true");
  } finally {
    await row.getByRole("button", { name: "Switch on… FEATURE_PLANNER_EXECUTE" }).click();
    const back = page.getByRole("dialog", { name: 'Switch "Execute plans" on?' });
    await back.getByLabel("Reason").fill("Morning");
    await back.getByRole("button", { name: "Switch on" }).click();
    await expect(row).toContainText("Morning");
  }
  await expect(row).toContainText("On");
});

test("three models are asked for a plan; one is adopted", async ({
  operator,
  operatorPage: page,
}) => {
  const items = [
    quick("design"),
    quick("build", { needs: ["design"] }),
    quick("verify", { needs: ["build"] }),
    quick("announce", { needs: ["design"] }),
    quick("release", { needs: ["verify", "announce"] }),
  ];
  await operator.importBacklog(backlog("compared", items));
  await page.goto("/plans");
  await page.getByRole("button", { name: "Compare models…" }).click();
  const dialog = page.getByRole("dialog", { name: "Compare models" });
  await dialog.getByLabel("Pack").selectOption("compared");
  await dialog.getByRole("button", { name: "Compare 3" }).click();
  const table = page.getByRole("table", { name: "Models compared" });
  await expect(table.getByRole("row", { name: /simulated\/careful/ })).toContainText("Usable");
  await expect(table.getByRole("row", { name: /simulated\/hasty/ })).toContainText("Mended");
  await expect(table.getByRole("row", { name: /simulated\/broken/ })).toContainText("Refused");
  await expect(page.getByText("Refused because")).toBeVisible();
  await table.getByRole("button", { name: "Adopt the plan of simulated/careful" }).click();
  await expect(page).toHaveURL(/\/plans\/plan_/);
});

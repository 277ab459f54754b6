import { expect } from "@playwright/test";
import { backlog, quick } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

// From a look at what a plan would take to what its next version changed, by keyboard where it matters.

test("a plan is forecast, made, looked at over time, and compared with its next version", async ({
  operatorPage: page,
  operator,
}) => {
  const hours = { script: ":", timeoutSeconds: 86_400 };
  const items = [
    quick("dig", {
      title: "Dig the pond",
      with: hours,
      estimateMinutes: 240,
      labels: ["group:garden"],
    }),
    quick("mow", {
      title: "Mow the lawn",
      with: hours,
      estimateMinutes: 30,
      labels: ["group:garden"],
    }),
    quick("fill", {
      title: "Fill the pond",
      with: hours,
      estimateMinutes: 60,
      needs: [{ item: "dig", lagSeconds: 3_600 }, "mow"],
    }),
  ];
  await operator.importBacklog(backlog("pond", items));
  await page.goto("/backlog?pack=pond");
  await page.getByRole("button", { name: "Make a plan from pond" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a plan" });
  const forecast = dialog.getByRole("region", { name: "Forecast" });
  await expect(forecast).toContainText("4 steps");
  await expect(forecast).toContainText("0 of 4 steps by work of their kind");
  await dialog.getByRole("button", { name: "Make the plan" }).click();

  await expect(page).toHaveURL(/\/plans\/plan_/);
  const whole = page.locator("section", { has: page.getByRole("heading", { name: "Forecast" }) });
  await expect(whole).toContainText("no schedule is shorter");
  await expect(whole).toContainText("6 h");

  await page.getByRole("tab", { name: "Graph" }).focus();
  await page.keyboard.press("ArrowRight");
  const timeline = page.getByRole("list", { name: "When the steps of pond are to run" });
  await expect(timeline.getByRole("button")).toHaveCount(4);
  const dig = timeline.getByRole("button", { name: /^dig: .*takes 4 h, critical$/ });
  await expect(dig).toBeVisible();
  await expect(timeline.getByRole("button", { name: /^mow: .* slack$/ })).toBeVisible();
  await dig.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("on the critical path")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "Table" }).click();
  await expect(page.getByRole("row", { name: /^3 fill\.lag/ })).toContainText("1 h");

  const [first, ...rest] = items;
  await operator.importBacklog(
    backlog("pond", [{ ...first, estimateMinutes: 600 }, ...rest, quick("rest")] as typeof items),
  );
  const next = await operator.createPlan("pond");
  await page.goto(`/plans/${next.id}`);
  await page.getByRole("tab", { name: "Changes" }).click();
  const changes = page.getByRole("tabpanel", { name: "Changes" });
  await expect(changes).toContainText("The schedule takes 12 h; it was 6 h.");
  await expect(changes.getByRole("heading", { name: "Added 1" })).toBeVisible();
  await expect(changes.getByRole("heading", { name: "Re-estimated 1" })).toBeVisible();
  await page.getByRole("tab", { name: "Graph" }).click();
  await expect(page.getByLabel(/^rest: .*added/).first()).toBeVisible();
});

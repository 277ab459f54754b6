import { expect } from "@playwright/test";
import { expectNoViolationsInBothThemes } from "./support/axe.ts";
import { test } from "./support/test.ts";

// What models are chosen from and by: who provides them and how they do, what they cost, which policy decides.

test("an admin defines a provider, its health stands there, and it is switched off", async ({
  adminPage: page,
}) => {
  await page.goto("/providers");
  await page.getByRole("button", { name: "New provider…" }).click();
  const dialog = page.getByRole("dialog", { name: "New provider" });
  await dialog.getByLabel("Name, before the slash of its models").fill("our-models");
  await dialog.getByLabel("Base URL").fill("http://169.254.169.254/v1");
  await dialog.getByLabel(/Key in the vault/).fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toContainText("not an address of the public internet");
  await dialog.getByLabel("Base URL").fill("https://models.example.com/v1");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  const row = page.getByRole("row", { name: /our-models/ });
  await expect(row).toContainText("https://models.example.com/v1");
  await row.getByRole("button", { name: "Switch our-models off" }).click();
  await expect(row).toContainText("Off");
  await row.getByRole("button", { name: "Take back what we said of our-models" }).click();
  await expect(row).toHaveCount(0);

  await page.evaluate(() =>
    fetch("/api/providers/simulated/probe", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "probe-hasty" },
      body: JSON.stringify({ model: "hasty" }),
    }),
  );
  const health = page.getByRole("table", { name: "Health of models" });
  const hasty = health.getByRole("row", { name: /simulated\/hasty/ });
  await expect(hasty).toContainText("Healthy");
  await expect(hasty).toContainText(/\d+ calls? in 60 minutes, none failed/);
  await hasty.getByRole("button", { name: "Probe now: simulated/hasty" }).click();
  await expect(hasty.getByRole("status")).toContainText("It answers.");
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);
});

test("a price of our own is set and withdrawn, and both stay in the history", async ({
  adminPage: page,
}) => {
  await page.goto("/models?q=gpt-5-mini");
  await page.getByRole("button", { name: "Prices of openai/gpt-5-mini" }).click();
  const dialog = page.getByRole("dialog", { name: "Prices of openai/gpt-5-mini" });
  await dialog.getByLabel("In", { exact: true }).fill("0.2");
  await dialog.getByLabel("Out", { exact: true }).fill("1.5");
  await dialog.getByLabel("Why").fill("Contract of November");
  await dialog.getByRole("button", { name: "Set" }).click();
  const own = dialog.getByRole("row", { name: /Contract of November/ });
  await expect(own).toContainText("Now");
  await expect(own).toContainText("in $0.2, out $1.5");
  await dialog.getByRole("button", { name: "Withdraw our price" }).click();
  await expect(dialog.getByRole("row", { name: /genai-prices/ })).toContainText("Now");
  await expect(own).not.toContainText("Now");
});

test("a policy is checked as it is typed, tried on a request, and saved", async ({
  adminPage: page,
}) => {
  await page.goto("/policies");
  const panel = page.getByRole("button", { name: "What would happen" });
  await panel.click();
  const candidates = page.getByRole("table", { name: "Candidates" });
  await expect(candidates.getByRole("row", { name: /Chosen/ })).toContainText("simulated/");

  await page.getByRole("link", { name: "New policy" }).click();
  await page.getByLabel("Name").fill("nightly");
  const text = (when: string) =>
    JSON.stringify({
      rules: [
        { when, strategy: { type: "fallback", targets: [{ model: "simulated/hasty" }] } },
        { strategy: { type: "quality" } },
      ],
    });
  const document = page.getByLabel("Rules from the top; the first that holds decides");
  await document.fill(text("request.inputTokens <"));
  await expect(page.getByText(/\/rules\/0\/when, line 1, column/)).toBeVisible();
  const save = page.getByRole("button", { name: "Save as version 1" });
  await expect(save).toBeDisabled();
  await document.fill(text("request.inputTokens < 2000"));
  await expect(page.getByText("It can be saved.")).toBeVisible();
  await page.getByRole("button", { name: "Try this policy" }).click();
  await expect(candidates.getByRole("row", { name: /Chosen/ })).toContainText("simulated/hasty");
  await page.getByLabel("Why").fill("Cheaper at night");
  await save.click();
  await expect(page).toHaveURL(/\/policies\/nightly$/);
  await expect(page.getByRole("button", { name: "Save as version 2" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "Cheaper at night" })).toBeVisible();
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);
});

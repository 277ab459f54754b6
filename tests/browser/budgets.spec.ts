import { expect } from "@playwright/test";
import { createClient } from "@supabase/supabase-js";
import { readFileSync } from "node:fs";
import { expectNoViolationsInBothThemes } from "./support/axe.ts";
import { givenStack } from "./support/stack.ts";
import { test } from "./support/test.ts";

// What may be used and what was: an admin caps a model, a caller meets the cap, and both pages tell of it.

const MODEL = "simulated/hasty";

/** Asks a model through the endpoint, as the operator; answers the status. */
async function connectCaller(): Promise<() => Promise<number>> {
  const stack = givenStack();
  const { auth } = createClient(stack.supabase, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await auth.signInWithPassword(stack.people.operator);
  if (error !== null) throw error;
  const headers = {
    authorization: `Bearer ${data.session.access_token}`,
    "content-type": "application/json",
  };
  const body = JSON.stringify({
    model: MODEL,
    messages: [{ role: "user", content: "Say something." }],
    max_tokens: 50,
  });
  return async () =>
    (await fetch(`${stack.dashboard}/v1/chat/completions`, { method: "POST", headers, body }))
      .status;
}

test("a cap is set, met, raised and removed; what was used adds up", async ({
  adminPage: page,
}) => {
  const call = await connectCaller();
  await page.goto("/budgets");
  await page.getByRole("button", { name: "New budget…" }).click();
  const dialog = page.getByRole("dialog", { name: "New budget" });
  await dialog.getByLabel("Name").fill("hasty-calls");
  await dialog.getByLabel("What is counted").selectOption("Calls");
  await dialog.getByLabel("Whose").selectOption("Model");
  await dialog.getByLabel("Which").fill(MODEL);
  await dialog.getByLabel("Limit", { exact: true }).fill("1.5");
  await dialog.getByLabel("Begins anew").selectOption("in all");
  await dialog.getByRole("button", { name: "Set" }).click();
  await expect(dialog.getByRole("alert")).toContainText("whole number");
  await dialog.getByLabel("Limit", { exact: true }).fill("2");
  await dialog.getByRole("button", { name: "Set" }).click();
  await expect(page.getByRole("heading", { name: "hasty-calls" })).toBeVisible();
  await expect(page.getByText("Nothing has been asked of it yet.")).toBeVisible();

  expect([await call(), await call(), await call()]).toEqual([200, 200, 402]);
  await page.reload();
  const windows = page.getByRole("table", { name: "Windows of the budget" });
  const row = windows.getByRole("row", { name: new RegExp(MODEL) });
  await expect(row).toContainText("2 calls of 2 calls");
  await expect(row.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "2");

  await page.getByRole("button", { name: "Change…" }).click();
  const change = page.getByRole("dialog", { name: "Change hasty-calls" });
  await change.getByLabel("Limit", { exact: true }).fill("4");
  await change.getByRole("radio", { name: "Wrap up" }).check();
  await change.getByRole("button", { name: "Save" }).click();
  await expect(change).toHaveCount(0);
  await expect(row).toContainText("2 calls of 4 calls");
  await expect(page.getByRole("table", { name: "Changes of the budget" })).toContainText(
    "changed to 4 calls, then wrap up",
  );
  expect(await call()).toBe(200);
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);

  await page.goto("/budgets");
  await expect(page.getByRole("row", { name: /hasty-calls/ })).toContainText("3 calls of 4 calls");
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);

  await page.goto("/usage?by=model");
  const usage = page.getByRole("table", { name: "Usage by model" });
  const hasty = usage.getByRole("row", { name: new RegExp(MODEL) });
  await expect(hasty.getByRole("cell").nth(2)).toHaveText(/^[3-9]/);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const lines = readFileSync(await (await downloading).path(), "utf8")
    .trim()
    .split("\n");
  expect(lines[0]).toContain("costUsd");
  const cost = await hasty.getByRole("cell").nth(1).textContent();
  expect(lines.find((line) => line.startsWith(MODEL))).toContain(`,${cost},`);
  expect(lines.at(-1)).toMatch(/^total,/);
  await page.getByLabel("Summed by").selectOption("Day");
  await expect(page.locator(".recharts-bar-rectangle").first()).toBeVisible();
  await expect(page.getByText("the same", { exact: true })).toBeVisible();
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);

  await page.goto("/budgets");
  await page.getByRole("link", { name: "hasty-calls" }).click();
  await page.getByRole("button", { name: "Remove…" }).click();
  const removing = page.getByRole("dialog", { name: "Remove this budget" });
  await removing.getByRole("button", { name: "Remove" }).click();
  await expect(page).toHaveURL(/\/budgets$/);
  await expect(page.getByRole("link", { name: "hasty-calls" })).toHaveCount(0);
});

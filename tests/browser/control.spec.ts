import { expect, type Page } from "@playwright/test";
import { backlog, type Item, quick } from "./support/backlogs.ts";
import { test } from "./support/test.ts";
import type { Api } from "./support/api.ts";

// What people do about a run that goes on, or went wrong.

async function start(operator: Api, pack: string, items: Item[]): Promise<string> {
  await operator.importBacklog(backlog(pack, items));
  const plan = await operator.createPlan(pack);
  return (await operator.execute(plan.id)).runId;
}

/** A step that works until it is stopped, or for so many seconds. */
function working(id: string, seconds: number, more: Record<string, unknown> = {}): Item {
  return {
    ...quick(id, more),
    with: { command: ["node", "-e", `setTimeout(() => {}, ${seconds * 1_000})`] },
  };
}

/** Loaded, hydrated and connected: what is clicked from now on is heard. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("status").first()).toHaveText("Live");
}

const stepRow = (page: Page, name: string) =>
  page.getByRole("row").filter({ has: page.getByRole("button", { name: new RegExp(`^${name}`) }) });
const badge = (page: Page, text: string) =>
  page.locator("main header").getByText(text, { exact: true });

test("a run is paused, resumed and cancelled, and what it did is taken back", async ({
  operatorPage: page,
  operator,
}) => {
  const runId = await start(operator, "controlled", [
    quick("first", { undo: { kind: "shell", with: { script: ":" } } }),
    working("long", 300, { needs: ["first"] }),
    quick("never", { needs: ["long"] }),
  ]);
  await open(page, `/runs/${runId}?view=table`);
  await expect(stepRow(page, "long")).toContainText("Running");

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Paused: no step starts")).toBeVisible();
  await expect(page.getByText("goes on to its end: long")).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("Paused: no step starts")).toHaveCount(0);

  await page.getByRole("button", { name: "Cancel…" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this run" });
  await expect(dialog.getByRole("radio", { name: "Take it back" })).toBeChecked();
  await expect(dialog.getByText("Undoes first")).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel and undo" }).click();
  await expect(dialog).toHaveCount(0);

  await expect(badge(page, "Cancelled")).toBeVisible({ timeout: 30_000 });
  await expect(badge(page, "Undone")).toBeVisible();
  await expect(stepRow(page, "Undo step undo.1.first")).toContainText("undoes first");
  await expect(stepRow(page, "Undo step undo.1.first")).toContainText("Succeeded");
  await expect(stepRow(page, "never")).toContainText("Cancelled");
});

/** Takes too long the first time it is tried in a workspace, and no time after that. */
const LATE_ONCE = `
  const { existsSync, writeFileSync } = require("node:fs");
  if (!existsSync("tried")) {
    writeFileSync("tried", "");
    setTimeout(() => {}, 60_000);
  }`;

test("a dead letter is looked at and redriven, and is resolved when the step succeeds", async ({
  operatorPage: page,
  operator,
}) => {
  const runId = await start(operator, "lettered", [
    quick("before"),
    {
      ...quick("late", { needs: ["before"], maxFailures: 1 }),
      with: { command: ["node", "-e", LATE_ONCE], timeoutSeconds: 2 },
    },
  ]);
  await expect
    .poll(async () => (await operator.run(runId)).status, { timeout: 30_000 })
    .toBe("failed");

  await open(page, `/dead-letters?run=${runId}`);
  await expect(page.getByRole("row", { name: /late/ })).toContainText("Retries used up");
  await page.getByRole("link", { name: "late" }).click();
  await expect(page.getByRole("heading", { name: "Do late" })).toBeVisible();
  const letter = new URL(page.url()).pathname;
  await page.getByRole("textbox", { name: "Note" }).fill("The second time it is quick");
  await page.getByRole("button", { name: "Mark as looked at" }).click();
  await expect(badge(page, "Looked at")).toBeVisible();

  await page.getByRole("button", { name: "Redrive…" }).click();
  const dialog = page.getByRole("dialog", { name: "Redrive this step" });
  await dialog.getByRole("button", { name: "Redrive", exact: true }).click();
  await expect(page).toHaveURL(/\/runs\//);
  await expect(page.getByRole("link", { name: "redrives a dead letter" })).toBeVisible();
  await expect(badge(page, "Succeeded")).toBeVisible({ timeout: 30_000 });
  await page.getByRole("tab", { name: "Table" }).click();
  await expect(stepRow(page, "before")).toContainText("kept");

  await open(page, letter);
  await expect(badge(page, "Resolved")).toBeVisible();
  await expect(page.getByRole("button", { name: "Redrive…" })).toHaveCount(0);
});

test("a pulled plug: the lease moves on, and the late result is refused before one's eyes", async ({
  operatorPage: page,
  operator,
}) => {
  // A second worker has to start, a lease to run out, and the frozen worker to thaw.
  test.setTimeout(150_000);
  const runId = await start(operator, "plugged", [working("soak", 25)]);
  await open(page, `/runs/${runId}?view=table&step=soak`);
  await expect(stepRow(page, "soak")).toContainText("Running");
  await page.getByRole("button", { name: "Pull the plug…" }).click();
  const dialog = page.getByRole("dialog", { name: "Pull the plug" });
  await dialog.getByRole("button", { name: "Pull the plug" }).click();
  await expect(dialog).toHaveCount(0, { timeout: 30_000 });

  await expect(page.getByText(/is frozen with soak in its hands \(epoch 1\)/)).toBeVisible();
  await expect(page.getByText(/took the step over \(epoch 1 → 2\)/)).toBeVisible({
    timeout: 30_000,
  });
  await expect(page.getByText(/It was refused, and nothing was changed/)).toBeVisible({
    timeout: 60_000,
  });
  const attempts = page.getByRole("complementary", { name: "Step soak" });
  await expect(attempts.getByText("Late result refused")).toBeVisible();
  await expect(badge(page, "Succeeded")).toBeVisible({ timeout: 60_000 });
});

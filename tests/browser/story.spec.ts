import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { releaseTrain } from "./support/backlogs.ts";
import { signIn } from "./support/sign-in.ts";
import { isMarked, markPage, test } from "./support/test.ts";

// What a newcomer sees first: the demo's plan with its warning, its run under way, one approval waiting.

const PACK = "story";
const TITLE = "Publish to the folder registry";
/** The agents and a dozen real commands take their time on a busy machine. */
const WHOLE_RUN_MS = 45_000;

let plan: { id: string; runId: string };

test.beforeAll(async ({ operator, supervisor }) => {
  await operator.importBacklog(releaseTrain(PACK));
  const { id, planApprovalId } = await operator.createPlan(PACK);
  await supervisor.decide(planApprovalId ?? "", "approve", "As npm start does");
  plan = { id, runId: (await operator.execute(id)).runId };
});

test("a wrong password is said to be wrong, a right one leads to where one wanted to go", async ({
  page,
  stack,
}) => {
  const { email, password } = stack.people.supervisor;
  await signIn(page, { email, password: `${password}x` }, "/approvals");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fapprovals$/);
  await expect(page.getByRole("alert").filter({ hasText: /./ })).toHaveText(
    "Email and password do not match.",
  );
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/approvals$/);
  await expect(page.getByRole("heading", { name: "Approvals" })).toBeVisible();
});

test("the plan has exactly one warning, with its reason and a tip", async ({ supervisorPage }) => {
  await supervisorPage.goto(`/plans/${plan.id}`);
  const verdict = supervisorPage
    .locator("section")
    .filter({ has: supervisorPage.getByRole("heading", { name: "Verdict" }) });
  await expect(verdict.getByRole("listitem")).toHaveText([
    /Structure/,
    /Risk/,
    /Compliance/,
    /Resources/,
  ]);
  await expect(verdict.getByRole("listitem").filter({ hasText: "Warn" })).toHaveCount(1);
  await expect(verdict.getByText("Warn: ")).toHaveCount(1);
  await expect(verdict.getByText(/undo/i).first()).toBeVisible();
  await supervisorPage.getByRole("tab", { name: "Table" }).click();
  await expect(supervisorPage.getByRole("row")).toHaveCount(1 + 12);
});

test("one approval waits with exactly what will run; deciding it moves the run before one's eyes", async ({
  supervisorPage: page,
  supervisor,
}) => {
  await page.goto(`/runs/${plan.runId}?view=table`);
  await expect(page.getByRole("main").getByRole("row", { name: /^publish/ })).toContainText(
    /Waits for/,
  );
  await expect(page.getByRole("table").first().getByRole("row")).toHaveCount(1 + 12);
  await markPage(page);

  const overview = await page.context().newPage();
  await overview.goto("/");
  const waiting = overview
    .getByRole("listitem")
    .filter({ hasText: TITLE, has: overview.getByRole("link", { name: PACK, exact: true }) });
  await expect(waiting).toHaveCount(1);
  await waiting.getByRole("link", { name: "Read and decide" }).click();
  await expect(overview.getByRole("heading", { name: TITLE })).toBeVisible();
  const shown = overview.getByRole("region", { name: "Exactly what will run" });
  await overview.getByRole("button", { name: "JSON" }).click();
  const exact = JSON.parse((await shown.textContent()) ?? "") as Record<string, unknown>;
  expect(exact).toMatchObject({
    step: "publish",
    kind: "shell",
    with: { command: ["node", "scripts/publish.mjs", "--registry", "registry"] },
  });
  const asked = (await supervisor.approvals()).filter((one) => one.planId === plan.id);
  expect(asked).toMatchObject([{ arguments: exact }]);

  await overview.getByRole("button", { name: "Approve" }).click();
  await expect(overview.getByRole("heading", { name: "Decision" })).toBeVisible();
  await expect(overview.getByRole("heading", { name: "Decide" })).toHaveCount(0);

  const badge = page.getByRole("main").locator("header").getByText("Succeeded", { exact: true });
  await expect(badge).toBeVisible({ timeout: WHOLE_RUN_MS });
  await expect(page.getByRole("table").first().getByText("Succeeded")).toHaveCount(12);
  expect(await isMarked(page)).toBe(true);
});

test("the tarball can be downloaded, and is the one that was stored", async ({
  operatorPage: page,
}) => {
  await page.goto(`/runs/${plan.runId}`);
  const row = page.getByRole("row").filter({ hasText: /\.tgz/ });
  const sha256 = await row.locator("code[title]").getAttribute("title");
  const download = page.waitForEvent("download");
  await row.getByRole("link", { name: /^out\/.*\.tgz$/ }).click();
  const file = await (await download).path();
  expect(createHash("sha256").update(readFileSync(file)).digest("hex")).toBe(sha256);
});

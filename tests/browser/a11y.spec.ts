import { expect, type Locator, type Page } from "@playwright/test";
import type { Api } from "./support/api.ts";
import { expectNoViolations, expectNoViolationsInBothThemes } from "./support/axe.ts";
import { backlog, type Item, question, quick, releaseTrain } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

// What axe finds is told in words; a recording would only cost time.
test.use({ trace: "off" });

let ids: Record<
  "planId" | "approvalId" | "runId" | "undoneRunId" | "letterId" | "waitingRunId",
  string
>;

test.beforeAll(async ({ operator, supervisor }) => {
  await operator.importBacklog(releaseTrain("reading"));
  const plan = await operator.createPlan("reading");
  await supervisor.decide(plan.planApprovalId ?? "", "approve");
  const { runId } = await operator.execute(plan.id);
  const asked = (await supervisor.approvals()).find((one) => one.runId === runId);

  const undoneRunId = await start(operator, "undone", [
    quick("held", { undo: { kind: "shell", with: { script: "exit 3" } } }),
    { ...quick("broken", { needs: ["held"] }), with: { script: "exit 1" } },
  ]);
  const waitingRunId = await start(operator, "waiting", [
    { id: "ask", title: "Ask where", kind: "wait", with: { person: { question: WHERE } } },
  ]);
  await expect
    .poll(async () => (await operator.deadLetters(undoneRunId)).length, { timeout: 30_000 })
    .toBe(1);
  const [letter] = await operator.deadLetters(undoneRunId);
  ids = {
    planId: plan.id,
    approvalId: asked?.id ?? "",
    runId,
    undoneRunId,
    letterId: letter?.id ?? "",
    waitingRunId,
  };
});

const WHERE = "Where shall it begin?";

async function start(operator: Api, pack: string, items: Item[]): Promise<string> {
  await operator.importBacklog(backlog(pack, items));
  return (await operator.execute((await operator.createPlan(pack)).id)).runId;
}

async function checkInBothThemes(page: Page, path: string, ...ready: Locator[]): Promise<void> {
  await expectNoViolationsInBothThemes(page, path, async () => {
    await page.goto(path);
    for (const part of ready) await expect(part).toBeVisible();
  });
}

test("the sign-in page has no violations, light or dark", async ({ page }) => {
  await checkInBothThemes(page, "/sign-in", page.getByRole("heading", { name: "Sign in" }));
});

const PUBLISH = "Publish to the folder registry";
const STEP_IN_GRAPH = ".react-flow__node";
const pages: [name: string, path: () => string, shows: string | RegExp, also?: string][] = [
  ["overview", () => "/", PUBLISH],
  ["backlog", () => "/backlog?pack=reading", /Soak the limiter/],
  ["plans", () => "/plans", "reading"],
  ["plan", () => `/plans/${ids.planId}`, /undo/i, STEP_IN_GRAPH],
  ["plan as a table", () => `/plans/${ids.planId}?view=table&step=publish`, PUBLISH],
  ["approvals", () => "/approvals", PUBLISH],
  ["approval", () => `/approvals/${ids.approvalId}`, /scripts\/publish\.mjs/],
  ["runs", () => "/runs", "reading"],
  ["run", () => `/runs/${ids.runId}?step=publish`, PUBLISH, STEP_IN_GRAPH],
  ["run as a timeline", () => `/runs/${ids.runId}?view=timeline`, "publish"],
  ["run as a table", () => `/runs/${ids.runId}?view=table`, "publish"],
  ["undone run", () => `/runs/${ids.undoneRunId}`, "Undo incomplete", STEP_IN_GRAPH],
  ["undone run as a table", () => `/runs/${ids.undoneRunId}?view=table`, "undoes held"],
  ["undone run as a timeline", () => `/runs/${ids.undoneRunId}?view=timeline`, "undo held"],
  ["a question in a run", () => `/runs/${ids.waitingRunId}?view=table&step=ask`, WHERE],
  ["dead letters", () => `/dead-letters?run=${ids.undoneRunId}`, "undo.1.held"],
  ["dead letter", () => `/dead-letters/${ids.letterId}`, /Redrive the undo/],
  ["workers", () => "/workers", /shell@1/],
  ["webhooks, for whom they are not", () => "/webhooks", "You may not see webhooks"],
];
for (const [name, path, shows, also] of pages) {
  test(`no violations, light or dark: ${name}`, async ({ supervisorPage: page }) => {
    const main = page.getByRole("main");
    const ready = [main.getByText(shows).first()];
    if (also !== undefined) ready.push(main.locator(also).first());
    await checkInBothThemes(page, path(), ...ready);
  });
}

test("no violations in what opens over a page: cancelling, and redriving with other arguments", async ({
  supervisorPage: page,
}) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(`/runs/${ids.waitingRunId}`);
  await expect(page.getByRole("status").first()).toHaveText("Live");
  await page.getByRole("button", { name: "Cancel…" }).click();
  await expect(page.getByRole("dialog", { name: "Cancel this run" })).toBeVisible();
  await expectNoViolations(page, "the dialog to cancel a run");
  await page.goto(`/runs/${ids.undoneRunId}?step=held`);
  await expect(page.getByRole("status").first()).toHaveText("Live");
  await page.getByRole("button", { name: "Run again from here…" }).click();
  const dialog = page.getByRole("dialog", { name: "Run it again from held" });
  await dialog.getByRole("button", { name: "Edit the arguments" }).click();
  await dialog.getByRole("textbox", { name: "Arguments of held" }).fill("{");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await expect(dialog.getByRole("alert")).toContainText("This is not JSON");
  await expectNoViolations(page, "the dialog to run a step again");
});

/** Presses Tab until the focus is where it should be; a place that Tab does not reach fails the test. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const focused = page.locator(":focus");
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const here = page
      .getByRole("link", { name })
      .or(page.getByRole("button", { name }))
      .or(page.getByRole("textbox", { name }));
    if ((await here.and(focused).count()) > 0) return;
  }
  throw new Error(`Tab does not reach ${name}`);
}

test("signing in, opening an approval and deciding it need no mouse", async ({
  page,
  stack,
  operator,
  supervisor,
}) => {
  await operator.importBacklog(
    backlog("keys", [question("go", "Can this be answered by keyboard?")]),
  );
  const plan = await operator.createPlan("keys");
  const { runId } = await operator.execute(plan.id);
  await expect
    .poll(async () => (await supervisor.approvals()).some((one) => one.runId === runId))
    .toBe(true);

  await page.goto("/sign-in");
  await tabTo(page, "Email");
  await page.keyboard.type(stack.people.supervisor.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(stack.people.supervisor.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await tabTo(page, /^Approvals/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Approvals" })).toBeVisible();
  await expect(page.getByText("Can this be answered by keyboard?")).toBeVisible();
  await tabTo(page, "Ask about go");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Ask about go" })).toBeVisible();
  await tabTo(page, /^Reason/);
  await page.keyboard.type("The keyboard is enough");
  await tabTo(page, "Approve");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("blockquote")).toHaveText("The keyboard is enough");
  await expect.poll(async () => (await operator.run(runId)).status).toBe("succeeded");
});

test("approvals are usable on a phone of 360 pixels", async ({
  supervisorPage: page,
  operator,
  supervisor,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await operator.importBacklog(backlog("phone", [quick("narrow", { sensitive: true })]));
  const plan = await operator.createPlan("phone");
  const approvalId = plan.stepList[0]?.approvalId ?? "";
  for (const path of ["/approvals", `/approvals/${approvalId}`]) {
    await page.goto(path);
    await expect(page.getByRole("main").getByText("Do narrow").first()).toBeVisible();
    const widths = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: window.innerWidth,
    }));
    expect(widths).toEqual({ content: 360, window: 360 });
  }
  for (const name of ["Approve", "Reject"]) {
    const box = await page.getByRole("button", { name }).boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(24);
  }
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(page.getByText("Say why you reject")).toBeVisible();
  await page.getByLabel(/^Reason/).fill("Not from a phone");
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(page.getByRole("blockquote")).toHaveText("Not from a phone");
  expect(await supervisor.approval(approvalId)).toMatchObject({ status: "rejected" });
});

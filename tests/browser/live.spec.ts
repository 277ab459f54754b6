import { expect, type Locator } from "@playwright/test";
import { backlog, question, quick } from "./support/backlogs.ts";
import { isMarked, markPage, test } from "./support/test.ts";

// Cause: the moment that the database has for it, on the same machine's clock. Effect: visible in another browser.

const WITHIN_MS = 1_000;
const TIMES = 3;

// Recording every frame would be measured along.
test.use({ trace: "off", screenshot: "off" });

/** When something becomes visible, watched from within the page at every frame. */
async function whenSeen(what: Locator): Promise<number> {
  await what.waitFor({ timeout: 30_000 });
  return Date.now();
}

const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

test("the operator sees an approval appear and the run move within a second, without reload", async ({
  operatorPage,
  supervisorPage,
  operator,
}, info) => {
  const approvals = operatorPage;
  await approvals.goto("/approvals");
  await expect(approvals.getByRole("status").first()).toHaveText("Live");
  await markPage(approvals);
  const run = await operatorPage.context().newPage();
  await run.goto("/runs");
  const times: { appeared: number; moved: number }[] = [];

  for (let turn = 1; turn <= TIMES; turn += 1) {
    const pack = `live-${turn}`;
    await operator.importBacklog(
      backlog(pack, [question("go", `Shall ${pack} go on?`), quick("after", { needs: ["go"] })]),
    );
    const plan = await operator.createPlan(pack);

    const appears = whenSeen(approvals.getByText(`Shall ${pack} go on?`));
    const { runId } = await operator.execute(plan.id);
    const appearedAt = await appears;
    const asked = (await operator.approvals()).find((one) => one.runId === runId);
    const appeared = appearedAt - Date.parse(asked?.requestedAt ?? "");

    await run.goto(`/runs/${runId}?view=table`);
    const step = run.getByRole("row", { name: /^go/ });
    await expect(step).toContainText("Waits for approval");
    await expect(run.getByRole("status").first()).toHaveText("Live");
    await markPage(run);
    await supervisorPage.goto(`/approvals/${asked?.id}`);
    await expect(supervisorPage.getByRole("status").first()).toHaveText("Live");
    const moves = whenSeen(step.getByText(/^(Queued|Assigned|Running|Succeeded)$/));
    await supervisorPage.getByRole("button", { name: "Approve" }).click();
    const movedAt = await moves;
    const { decidedAt } = await operator.approval(asked?.id ?? "");
    times.push({ appeared, moved: movedAt - Date.parse(decidedAt ?? "") });

    const badge = run.locator("main header").getByText("Succeeded", { exact: true });
    await expect(badge).toBeVisible();
    expect(await isMarked(run)).toBe(true);
  }

  expect(await isMarked(approvals)).toBe(true);
  info.annotations.push({ type: "cause to pixel, ms", description: JSON.stringify(times) });
  console.log(`cause to pixel, ms: ${JSON.stringify(times)}`);
  // the machine may have been busy with something else once
  expect(median(times.map(({ appeared }) => appeared))).toBeLessThan(WITHIN_MS);
  expect(median(times.map(({ moved }) => moved))).toBeLessThan(WITHIN_MS);
});

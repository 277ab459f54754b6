import { expect, type BrowserContext, type Page, type WebSocketRoute } from "@playwright/test";
import { backlog, question, quick } from "./support/backlogs.ts";
import { isMarked, markPage, test } from "./support/test.ts";

const CUT_MS = 10_000;

/** Lets a test cut the realtime sockets of a browser, and refuse new ones, as a broken proxy would. */
async function tapSockets(context: BrowserContext) {
  const open = new Set<WebSocketRoute>();
  let isCut = false;
  await context.routeWebSocket(/\/realtime\/v1\//, (socket) => {
    if (isCut) {
      void socket.close({ code: 1011 });
      return;
    }
    socket.connectToServer();
    open.add(socket);
  });
  return {
    async cut() {
      isCut = true;
      await Promise.all([...open].map((socket) => socket.close({ code: 1011 })));
      open.clear();
    },
    restore() {
      isCut = false;
    },
  };
}

/** Notes every word that the indicator shows from now on. */
async function recordIndicator(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const status = document.querySelector('[role="status"]');
    const words = [status?.textContent ?? ""];
    Object.assign(window, { indicatorWords: words });
    new MutationObserver(() => words.push(status?.textContent ?? "")).observe(status ?? document, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  return () =>
    page.evaluate(() => (window as unknown as { indicatorWords: string[] }).indicatorWords);
}

test("ten seconds without a socket lose nothing, and the page says so meanwhile", async ({
  operatorPage: page,
  operator,
  supervisor,
}) => {
  const sockets = await tapSockets(page.context());
  await operator.importBacklog(
    backlog("cut", [
      question("first", "Shall the cut go on?"),
      question("second", "Shall the cut end?", { needs: ["first"] }),
      quick("last", { needs: ["second"] }),
    ]),
  );
  const plan = await operator.createPlan("cut");
  const { runId } = await operator.execute(plan.id);
  const asked = (title: string) =>
    expect
      .poll(async () =>
        (await supervisor.approvals()).find((one) => one.runId === runId && one.title === title),
      )
      .toBeDefined();
  const approve = async (title: string) => {
    await asked(title);
    const approvals = await supervisor.approvals();
    const approval = approvals.find((one) => one.runId === runId && one.title === title);
    await supervisor.decide(approval?.id ?? "", "approve");
  };

  await page.goto(`/runs/${runId}?view=table`);
  const indicator = page.getByRole("status").first();
  const step = (name: string) => page.getByRole("row", { name: new RegExp(`^${name}`) });
  await expect(indicator).toHaveText("Live");
  await expect(step("first")).toContainText("Waits for approval");
  await markPage(page);

  await sockets.cut();
  const cutAt = Date.now();
  await expect(indicator).toHaveText(/^Reconnecting/);
  const words = await recordIndicator(page);

  // The web still answers: what happens arrives by polling, every two seconds.
  await approve("Ask about first");
  await expect(step("first")).toContainText("Succeeded");
  await expect(step("second")).toContainText("Waits for approval");

  // Now nothing answers any more, and the run goes on to its end.
  await page.context().setOffline(true);
  await approve("Ask about second");
  await expect.poll(async () => (await supervisor.run(runId)).status).toBe("succeeded");
  await expect.poll(() => Date.now() - cutAt, { timeout: CUT_MS + 5_000 }).toBeGreaterThan(CUT_MS);
  await expect(step("last")).not.toContainText("Succeeded");
  for (const word of await words()) expect(word).toMatch(/^Reconnecting/);
  await expect(indicator).toHaveText(/^Reconnecting · as of /);

  sockets.restore();
  await page.context().setOffline(false);
  await expect(page.locator("main header").getByText("Succeeded", { exact: true })).toBeVisible();
  for (const name of ["first", "second", "last"])
    await expect(step(name)).toContainText("Succeeded");
  await expect(indicator).toHaveText("Live", { timeout: 30_000 });
  expect(await isMarked(page)).toBe(true);
});

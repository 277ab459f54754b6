import { expect, type Locator, type Page } from "@playwright/test";
import { test } from "./support/test.ts";

const CSV = `Was,Wer,Prio
Build the shed,ada,1
Paint the shed,grace,soon
Plant the hedge,ada,2
"Water, daily",,
`;

async function drop(dialog: Locator, page: Page, name: string, text: string) {
  const data = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content ?? ""], fileName ?? "", { type: "text/csv" }));
      return transfer;
    },
    [name, text],
  );
  await dialog.getByTestId("drop-here").dispatchEvent("drop", { dataTransfer: data });
}

/** Keeps the nth request to an address waiting until it is let go. */
async function hold(page: Page, url: string, nth: number) {
  const { promise, resolve: letGo } = Promise.withResolvers<void>();
  let seen = 0;
  await page.route(url, async (route) => {
    if (++seen === nth) await promise;
    await route.continue();
  });
  return { letGo };
}

test("a dropped table is mapped, imported without its wrong row, labelled, moved, and planned", async ({
  operatorPage: page,
  operator,
}) => {
  await page.goto("/backlog");
  await page.getByRole("main").getByRole("button", { name: "Import" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Import a backlog" });
  await drop(dialog, page, "garden.csv", CSV);
  await expect(dialog.getByLabel("Format")).toHaveValue("csv");
  await expect(dialog.getByText("Which column is the title?")).toBeVisible();
  await dialog.getByLabel("What Was is").selectOption("Title");
  await expect(dialog.getByText("3 items of pack garden can be imported")).toBeVisible();
  const rows = dialog.getByRole("table", { name: "Rows" });
  await expect(rows.getByRole("listitem")).toHaveText([/^priority: unknown priority "soon"/]);
  await expect(dialog.getByRole("button", { name: "Import 3 items" })).toBeDisabled();
  await dialog.getByLabel("What Wer is").selectOption("Owner");
  await dialog.getByLabel("Leave out the wrong row").check();
  await dialog.getByRole("button", { name: "Import 3 items" }).click();
  await expect(dialog.getByText("3 imported into garden, 1 left out")).toBeVisible();
  await expect(dialog.getByRole("link", { name: "Download the rows left out" })).toHaveAttribute(
    "href",
    /Paint%20the%20shed%2Cgrace%2Csoon/,
  );
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(page.getByRole("heading", { name: "Items of garden" })).toBeVisible();

  const boxes = page.getByRole("checkbox", { name: /^Choose (?!all)/ });
  await boxes.nth(0).check();
  await boxes.nth(2).click({ modifiers: ["Shift"] });
  const bar = page.getByRole("toolbar", { name: "Chosen items" });
  await expect(bar).toContainText("3 chosen");
  await bar.getByLabel("Labels").fill("outdoors");
  await bar.getByRole("button", { name: "Add" }).click();
  await expect(page.getByText("outdoors: added to 3 items")).toBeVisible();
  const labelled = page.getByRole("row").getByText("outdoors", { exact: true });
  await expect(labelled).toHaveCount(3);
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect(labelled).toHaveCount(0);

  const handles = page.getByRole("button", { name: /^Move / });
  await handles.nth(2).focus();
  // what the first move made is read while the second is under way: no row may jump back meanwhile
  const secondMove = await hold(page, "**/api/trpc/backlog.move*", 2);
  const relisted = page.waitForResponse((response) => response.url().includes("backlog.list"));
  await page.keyboard.press("Alt+ArrowUp");
  await page.keyboard.press("Alt+ArrowUp");
  await expect(handles.nth(0)).toHaveAttribute("aria-label", /^Move water-daily/);
  await (await relisted).finished();
  await page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  );
  expect(await handles.nth(0).getAttribute("aria-label")).toMatch(/^Move water-daily/);
  secondMove.letGo();
  const hedge = page.getByRole("row").filter({ hasText: "Plant the hedge" });
  await handles.nth(1).dragTo(hedge, { targetPosition: { x: 60, y: 36 } });
  await expect(handles.nth(1)).toHaveAttribute("aria-label", /^Move plant-the-hedge/);
  const keys = async () =>
    (await operator.itemsOf("garden")).map(({ key }) => key.replace(/-\w+$/, ""));
  await expect.poll(keys).toEqual(["water-daily", "plant-the-hedge", "build-the-shed"]);

  await boxes.nth(2).click();
  await bar.getByRole("button", { name: "Plan 2 chosen" }).click();
  await page.getByRole("button", { name: "Make the plan" }).click();
  await expect(page).toHaveURL(/\/plans\/plan_/);
});

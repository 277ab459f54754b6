import { expect, type Locator, type Page } from "@playwright/test";
import { backlog, quick } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

const YAML = `version: 1
pack: pasted
items:
  - id: one
    title: First of two
    kind: shell
    owner: us
    with: { command: ["true"] }
  - id: two
    title: Second of two
    kind: shell
    owner: us
    with: { command: ["true"] }
    needs: [one]
`;

async function openImport(page: Page): Promise<Locator> {
  await page.goto("/backlog");
  await page.getByRole("main").getByRole("button", { name: "Import" }).first().click();
  return page.getByRole("dialog", { name: "Import a backlog" });
}

async function choose(dialog: Locator, name: string, mimeType: string, content: string) {
  const buffer = Buffer.from(content);
  await dialog.getByLabel("Backlog file").setInputFiles({ name, mimeType, buffer });
}

test("pasted YAML is checked, imported whole, and planned", async ({
  operatorPage: page,
  operator,
}) => {
  const dialog = await openImport(page);
  await dialog.getByLabel("or paste it").fill(YAML);
  await dialog.getByRole("button", { name: "Check it" }).click();
  await expect(dialog.getByText("2 items of pack pasted can be imported")).toBeVisible();
  await expect(dialog).toContainText("Nothing has been written yet.");
  expect((await operator.packs()).items.map(({ pack }) => pack)).not.toContain("pasted");
  await dialog.getByRole("button", { name: "Import 2 items" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Items of pasted" })).toBeVisible();
  await expect(page.getByText("Second of two")).toBeVisible();

  await page.getByRole("button", { name: "Make a plan from pasted" }).click();
  await page.getByRole("button", { name: "Make the plan" }).click();
  await expect(page).toHaveURL(/\/plans\/plan_/);
  await expect(page.getByRole("heading", { name: "pasted", level: 1 })).toBeVisible();
  await expect(page.getByText("version 1 of 1")).toBeVisible();
});

test("every wrong row is named, and nothing is written", async ({
  operatorPage: page,
  operator,
}) => {
  const dialog = await openImport(page);
  const items = [
    quick("a", { needs: ["nowhere"] }),
    quick("b"),
    quick("b"),
    quick("c", { kind: "teleport" }),
    quick("d", { needs: ["e"] }),
    quick("e", { needs: ["d"] }),
  ];
  await choose(dialog, "wrong.json", "application/json", backlog("wrong", items));
  const rows = dialog.getByRole("table", { name: "Rows" });
  await expect(rows.getByRole("listitem")).toHaveText([
    /^needs: needs "nowhere", which does not exist/,
    /^id: duplicate id "b"/,
    /^kind: unknown kind "teleport"/,
    /^needs: depends on itself: d -> e -> d/,
    /^needs: needs "d", which cannot be imported/,
  ]);
  await expect(dialog.getByRole("button", { name: "Import" })).toBeDisabled();
  expect((await operator.packs()).items.map(({ pack }) => pack)).not.toContain("wrong");
});

test("a JSON file over 4 MB goes by a signed upload", async ({ operatorPage: page, operator }) => {
  const items = Array.from({ length: 2_000 }, (_, at) =>
    quick(`n${at}`, { description: "y".repeat(2_500) }),
  );
  const put = page.waitForRequest((request) => request.method() === "PUT");
  const dialog = await openImport(page);
  await choose(dialog, "large.json", "application/json", backlog("large", items));
  await expect(dialog.getByText("2,000 items of pack large can be imported")).toBeVisible({
    timeout: 20_000,
  });
  expect(new URL((await put).url()).pathname).toContain("/storage/v1/");
  await dialog.getByRole("button", { name: "Import 2,000 items" }).click();
  await expect(dialog).toHaveCount(0, { timeout: 20_000 });
  const packs = (await operator.packs()).items;
  expect(packs.find(({ pack }) => pack === "large")).toMatchObject({ items: 2_000 });
});

test("5 MB of rubbish is refused in a sentence", async ({ operatorPage: page, operator }) => {
  const before = await operator.packs();
  const dialog = await openImport(page);
  await choose(dialog, "rubbish.yaml", "application/yaml", "\u0007{]x ".repeat(1_000_000));
  const refusal = dialog.getByRole("alert");
  await expect(refusal).toBeVisible({ timeout: 20_000 });
  await expect(refusal).toContainText("This is no text");
  await expect(dialog.getByRole("button", { name: "Import" })).toBeDisabled();
  expect(await operator.packs()).toEqual(before);
});

import { expect } from "@playwright/test";
import { expectNoViolationsInBothThemes } from "./support/axe.ts";
import { test } from "./support/test.ts";

// A provider's key goes in once and never comes out: what is left on the page are its ends, its versions and who used it.

const [FIRST, SECOND] = ["sk-browser-first-0123456789", "sk-browser-second-987654321"];

test("an admin adds a key, rotates it and retires it; the page never shows it again", async ({
  adminPage: page,
  operatorPage: other,
}) => {
  await page.goto("/keys");
  await page.getByRole("button", { name: "Add a key…" }).first().click();
  const adding = page.getByRole("dialog", { name: "Add a key" });
  await adding.getByLabel("Provider").fill("browser-models");
  await adding.getByLabel("Key", { exact: true }).fill(FIRST);
  await adding.getByLabel("Note (optional)").fill("Of the research account");
  await adding.getByRole("button", { name: "Add" }).click();
  await expect(adding).toHaveCount(0);
  const keys = page.getByRole("table", { name: "Keys in use" });
  const row = keys.getByRole("row", { name: /browser-models/ });
  await expect(row).toContainText("v1");
  await expect(row).toContainText("ends in 6789");
  await expect(row).toContainText("Of the research account");

  await row.getByRole("button", { name: "Rotate… browser-models default" }).click();
  const rotating = page.getByRole("dialog", { name: /Rotate the key of browser-models/ });
  await rotating.getByLabel("New key").fill("has a space");
  await rotating.getByRole("button", { name: "Rotate" }).click();
  await expect(rotating.getByRole("alert")).toContainText("no spaces");
  await rotating.getByLabel("New key").fill(SECOND);
  await rotating.getByLabel(/can still be used/).selectOption("for an hour");
  await rotating.getByRole("button", { name: "Rotate" }).click();
  await expect(rotating).toHaveCount(0);
  await expect(row).toContainText("v2");
  await expect(row).toContainText(/v1 ends in/);
  const audit = page.getByRole("table", { name: "What was done with keys" });
  await expect(audit.getByRole("row", { name: /Rotated.*browser-models/ })).toContainText("v2");

  // one KEK for all tenants: this one operates the plane
  const keks = page.getByRole("table", { name: "Versions of the key that encrypts keys" });
  await expect(keks.getByRole("row", { name: /^1 current/ })).toBeVisible();
  await page.getByRole("button", { name: "Rotate", exact: true }).click();
  await expect(keks.getByRole("row", { name: /^2 current/ })).toBeVisible();
  await keks.getByRole("button", { name: "Retire version 1" }).click();
  await expect(keks.getByRole("row", { name: /^1 retired/ })).toBeVisible();
  await expectNoViolationsInBothThemes(page, new URL(page.url()).pathname);

  await other.goto("/keys");
  await expect(other.getByRole("row", { name: /browser-models/ }).first()).toBeVisible();
  await expect(
    other.getByRole("button", { name: "Retire… browser-models default" }),
  ).toHaveAttribute("aria-disabled", "true");
  await expect(other.getByText("The key that encrypts keys")).toHaveCount(0);

  await row.getByRole("button", { name: "Retire… browser-models default" }).click();
  const retiring = page.getByRole("dialog", { name: "Retire this key" });
  await retiring.getByRole("button", { name: "Retire" }).click();
  await expect(retiring).toHaveCount(0);
  await expect(keys.getByRole("row", { name: /browser-models/ })).toHaveCount(0);
  await page.reload();
  for (const shown of [page, other]) {
    const text = await shown.content();
    expect(text).not.toContain(FIRST.slice(0, 20));
    expect(text).not.toContain(SECOND.slice(0, 20));
  }
});

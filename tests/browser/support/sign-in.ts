import type { Page } from "@playwright/test";
import type { Stack } from "./stack.ts";

/** Fills in the sign-in page and sends it. */
export async function signIn(
  page: Page,
  login: Stack["people"]["operator"],
  path = "/",
): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Email").fill(login.email);
  await page.getByLabel("Password").fill(login.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

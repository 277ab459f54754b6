import { chromium, type FullConfig } from "@playwright/test";
import { signIn } from "./support/sign-in.ts";
import { publishStack, sessionFile, startStack, type Stack } from "./support/stack.ts";

/** Starts the system that the tests drive and signs its three people in. Returns what stops it again. */
export default async function setup(config: FullConfig): Promise<() => Promise<void>> {
  const { stack, stop } = await startStack();
  try {
    await signInBoth(stack, config);
    publishStack(stack);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function signInBoth(stack: Stack, config: FullConfig): Promise<void> {
  const browser = await chromium.launch(config.projects[0]?.use.launchOptions);
  try {
    for (const person of ["supervisor", "operator", "admin"] as const) {
      const context = await browser.newContext({ baseURL: stack.dashboard });
      const page = await context.newPage();
      await signIn(page, stack.people[person]);
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await context.storageState({ path: sessionFile(stack, person) });
      await context.close();
    }
  } finally {
    await browser.close();
  }
}

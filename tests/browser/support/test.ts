import { test as base, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { connect, type Api } from "./api.ts";
import { givenStack, sessionFile, type PersonName, type Stack } from "./stack.ts";

interface PerTest {
  /** A page in a browser of their own, signed in. */
  operatorPage: Page;
  supervisorPage: Page;
  adminPage: Page;
}
interface PerWorker {
  stack: Stack;
  operator: Api;
  supervisor: Api;
}

export const test = base.extend<PerTest, PerWorker>({
  // Playwright reads from the pattern what a fixture needs: it has to have one.
  stack: [({ browserName: _ }, use) => use(givenStack()), { scope: "worker" }],
  operator: [async ({ stack }, use) => use(await connect(stack, "operator")), { scope: "worker" }],
  supervisor: [
    async ({ stack }, use) => use(await connect(stack, "supervisor")),
    { scope: "worker" },
  ],
  baseURL: ({ stack }, use) => use(stack.dashboard),
  operatorPage: ({ browser, stack }, use) => inOwnBrowser(browser, stack, "operator", use),
  adminPage: ({ browser, stack }, use) => inOwnBrowser(browser, stack, "admin", use),
  supervisorPage: ({ browser, stack }, use) => inOwnBrowser(browser, stack, "supervisor", use),
});

async function inOwnBrowser(
  browser: Browser,
  stack: Stack,
  person: PersonName,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await signedIn(browser, stack, person);
  await use(await context.newPage());
  await context.close();
}

export function signedIn(
  browser: Browser,
  stack: Stack,
  person: PersonName,
): Promise<BrowserContext> {
  return browser.newContext({
    baseURL: stack.dashboard,
    storageState: sessionFile(stack, person),
  });
}

const MARK = "nofxTestMark";

/** Puts something into the page that a reload would lose. */
export function markPage(page: Page): Promise<void> {
  return page.evaluate((name) => {
    Object.assign(window, { [name]: true });
  }, MARK);
}

export function isMarked(page: Page): Promise<boolean> {
  return page.evaluate((name) => name in window, MARK);
}

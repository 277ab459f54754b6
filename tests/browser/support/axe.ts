import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** Those of them that depend on colours: all else is the same in every theme, and is looked at in one. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

/** What WCAG 2.2 AA finds on the page as it is. */
export async function expectNoViolations(page: Page, what: string): Promise<void> {
  await expectNone(page, what, (axe) => axe.withTags(RULES));
}

/** The same in light and dark. `load` shows the page anew for a theme: what is off the screen takes on colours only when it is drawn. */
export async function expectNoViolationsInBothThemes(
  page: Page,
  what: string,
  load: () => Promise<unknown> = async () => {},
): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await load();
    await expect(page.locator("html")).toHaveClass(new RegExp(colorScheme));
    await expectNone(page, `${what} in ${colorScheme}`, (axe) =>
      colorScheme === "light" ? axe.withTags(RULES) : axe.withRules(OF_COLOURS),
    );
    const shots = process.env["NOFX_SHOTS"];
    const path = `${shots}/${what.replaceAll(/[^a-z0-9]+/gi, "-")}-${colorScheme}.png`;
    if (shots) await page.screenshot({ path, fullPage: true });
  }
}

async function expectNone(
  page: Page,
  what: string,
  choose: (axe: AxeBuilder) => AxeBuilder,
): Promise<void> {
  // no page has frames of other origins, for which a page of its own would be opened to gather what was found
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await choose(axe).analyze();
  const told = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id}: ${help}\n  ${target.join(" ")}\n  ${failureSummary}`,
    ),
  );
  expect(told, what).toEqual([]);
}

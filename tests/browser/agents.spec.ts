import { defineAgent, task } from "@nofx/sdk";
import { expect } from "@playwright/test";
import { z } from "zod";
import { expectNoViolationsInBothThemes } from "./support/axe.ts";
import { backlog } from "./support/backlogs.ts";
import { test } from "./support/test.ts";

// An agent from its listing to its quarantine: two of its steps work as a pair, people watch, say something and take it back.

const CAPABILITY = "browser.write";

const write = task(CAPABILITY)
  .input(z.looseObject({ session: z.looseObject({ role: z.string() }).optional() }))
  .output(z.looseObject({}))
  .run(async (ctx, { session }) => {
    await ctx.step("think", () => session?.role ?? "alone");
    return session?.role === "reviewer" ? { verdict: "accept" } : { text: "written" };
  });

test("an agent is listed, works as a pair, is watched, told something, and quarantined", async ({
  adminPage: page,
  operator,
  stack,
}) => {
  await page.goto("/agents");
  await page.getByRole("button", { name: "New agent…" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New agent" });
  await dialog.getByLabel("Name").fill("browser-writer");
  await dialog.getByLabel("Capabilities").fill(CAPABILITY);
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { name: "browser-writer" })).toBeVisible();
  await expect(page.getByText("It was given nothing yet.")).toBeVisible();
  await page.getByRole("button", { name: "Issue a key" }).click();
  const key = (await page.getByText(/^nofx_ak_[\w-]{30,}$/).textContent()) ?? "";
  await page.getByRole("button", { name: "I have it" }).click();
  await expect(page.getByText(key)).toHaveCount(0);
  const agentPage = page.url();

  const stop = new AbortController();
  const agent = defineAgent({ tasks: [write], concurrency: 2 }).run({
    url: stack.dashboard,
    key,
    signal: stop.signal,
  });
  await operator.importBacklog(
    backlog("pairs", [
      {
        id: "essay",
        title: "Write an essay",
        kind: "session",
        with: { strategy: "pair", capability: CAPABILITY, input: {} },
      },
    ]),
  );
  const { runId } = await operator.execute((await operator.createPlan("pairs")).id);
  await page.goto(`/runs/${runId}?view=hierarchy`);
  const places = page.getByRole("table");
  await expect(places.getByRole("row", { name: /Review, round 1/ })).toContainText("Succeeded");
  await expect(places.getByRole("row", { name: /Write an essay/ })).toContainText("pair, 1 round");
  await expect(places.getByRole("link", { name: "browser-writer" }).first()).toBeVisible();
  await expectNoViolationsInBothThemes(page, "hierarchy of a run");
  stop.abort();
  await agent;

  await page.goto(agentPage);
  await expect(page.getByText(/2 of 2 attempts succeeded/)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Why this agent? Review, round 1" }).click();
  await expect(page.getByText(/^browser-writer: It was left to browser-writer/)).toBeVisible();
  await expectNoViolationsInBothThemes(page, "an agent");
  await page.getByRole("button", { name: "Quarantine…" }).click();
  const quarantine = page.getByRole("dialog", { name: "Quarantine this agent" });
  await quarantine.getByLabel("Reason").fill("It writes too much.");
  await quarantine.getByRole("button", { name: "Quarantine" }).click();
  await expect(page.getByText("It writes too much.")).toBeVisible();

  await page.goto(`/agents?capability=${CAPABILITY}`);
  await expect(page.getByRole("row", { name: /browser-writer/ })).toContainText("Quarantined");
  await expectNoViolationsInBothThemes(page, "agents");
});

test("a supervisor says something to those who work on a run, and takes it back for good", async ({
  supervisorPage: page,
  operator,
}) => {
  await operator.importBacklog(
    backlog("talks", [
      { id: "ask", title: "Wait", kind: "wait", with: { person: { question: "Shall it end?" } } },
    ]),
  );
  const { runId } = await operator.execute((await operator.createPlan("talks")).id);
  await page.goto(`/runs/${runId}?view=messages`);
  await expect(page.getByText("Nothing was said yet")).toBeVisible();
  await page.getByLabel("Say to all who work on this run").fill("The password is hunter2");
  await page.getByRole("button", { name: "Send" }).click();
  const said = page.getByRole("list", { name: "Messages of this run" });
  await expect(said).toContainText("hunter2");
  await expectNoViolationsInBothThemes(page, "messages of a run");
  await said.getByRole("button", { name: /^Redact what/ }).click();
  const redacting = page.getByRole("dialog", { name: "Redact this message" });
  await redacting.getByLabel("Reason").fill("a password");
  await redacting.getByRole("button", { name: "Redact" }).click();
  await expect(said).toContainText("a password");
  await expect(page.getByText("hunter2")).toHaveCount(0);

  await page.goto("/dispatch");
  await expect(page.getByText("Is it better than chance?")).toBeVisible();
  await expect(page.getByRole("button", { name: /held out/ })).toBeVisible();
  await expectNoViolationsInBothThemes(page, "dispatch");
});

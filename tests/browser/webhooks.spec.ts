import { createHmac, randomUUID } from "node:crypto";
import { expect } from "@playwright/test";
import { test } from "./support/test.ts";

// People are told in Slack; another program's signed word decides.

const PACK = "signed-elsewhere";
const DOCUMENT = {
  version: 1,
  pack: PACK,
  items: [
    {
      id: "sign",
      title: "Sign the release",
      kind: "shell",
      with: { script: ":" },
      owner: "team",
      sensitive: true,
    },
  ],
};

test("a channel of Slack is added by its secret address, and what it answers is in its log", async ({
  adminPage: page,
}) => {
  await page.goto("/webhooks");
  await page.getByRole("button", { name: "Add a webhook…" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a webhook" });
  await expect(dialog.getByRole("radio", { name: /E-mail/ })).toBeDisabled();
  await expect(dialog.getByText("NOFX_SMTP_URL")).toBeVisible();
  await dialog.getByRole("radio", { name: /Slack/ }).check();
  // a host that no resolver knows
  await dialog
    .getByLabel("Address of the incoming webhook")
    .fill("https://slack.invalid/T0/B0/key");
  await dialog.getByRole("radio", { name: /Only some/ }).check();
  await expect(dialog.getByRole("checkbox", { name: "steps.claimed" })).toHaveCount(0);
  await dialog.getByRole("checkbox", { name: "gate_rule.changed" }).check();
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "Slack, https://slack.invalid/…" }).click();
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByText("Not taken").first()).toBeVisible();
  expect(await page.content()).not.toContain("B0/key");
  await page.getByRole("button", { name: "Remove…" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page).toHaveURL(/\/webhooks$/);
});

test("a receiver is added, its sender decides in a member's name, and history says how", async ({
  adminPage: page,
  supervisorPage,
  operator,
  stack,
}) => {
  await operator.importBacklog(JSON.stringify(DOCUMENT));
  const plan = await operator.createPlan(PACK);
  await operator.execute(plan.id);
  const approvals = await operator.approvals();
  const approvalId = approvals.find(({ planId }) => planId === plan.id)?.id ?? "";

  await page.goto("/webhooks");
  await page.getByRole("button", { name: "Add a receiver…" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a receiver" });
  await dialog.getByLabel("Name, as history shows it").fill("zig-todo");
  const { email } = stack.people.supervisor;
  await dialog.getByRole("checkbox", { name: new RegExp(email) }).check();
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  const made = page.getByRole("dialog", { name: "zig-todo is there" });
  const secret = (await made.getByText(/^whsec_/).textContent()) ?? "";
  const path =
    /\/api\/inbound\/receiver_[0-9a-z]{26}/.exec((await made.textContent()) ?? "")?.[0] ?? "";
  await page.getByRole("button", { name: "Done" }).click();

  const body = JSON.stringify({ approvalId, decision: "approve", member: email });
  const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1_000))];
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const answer = await fetch(`${stack.dashboard}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    },
    body,
  });
  expect(await answer.json()).toMatchObject({ approvalId, status: "approved" });

  await supervisorPage.goto(`/approvals/${approvalId}`);
  await expect(supervisorPage.getByText("via webhook:zig-todo")).toBeVisible();
  await page.reload();
  const row = page.getByRole("row", { name: /zig-todo/ });
  await expect(row).toContainText("decided");
  await page.getByRole("button", { name: "Remove zig-todo…" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(row).toHaveCount(0);
});

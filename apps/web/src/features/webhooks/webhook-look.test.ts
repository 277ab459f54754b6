import { expect, it } from "vitest";
import { webhookLook, webhookName, webhookTrouble } from "./webhook-look.ts";

const webhook: Parameters<typeof webhookTrouble>[0] = {
  status: "active",
  disabledReason: null,
  failingSince: null,
  behind: 2,
};
const AT = "2026-01-01T00:00:00Z";

it.each([
  [{}, "Active", /^$/],
  [{ failingSince: AT }, "Failing", /2 events wait/],
  [{ status: "disabled", disabledReason: "gone" }, "Disabled", /gone/],
  [{ status: "disabled", disabledReason: "failing", behind: 1 }, "Disabled", /1 event waits/],
  [{ status: "disabled", disabledReason: "by_member" }, "Switched off", /switched it off/],
] as const)("%j is %s", (over, label, trouble) => {
  const seen = { ...webhook, ...over };
  expect(webhookLook(seen).label).toBe(label);
  expect(webhookTrouble(seen) ?? "").toMatch(trouble);
});

it("is known by its address, its host at Slack, or who is still there to read mails", () => {
  const reader = (email: string, member = true) => ({ userId: email, name: email, email, member });
  const recipients = [reader("a@x"), reader("", false), reader("b@x"), reader("c@x")];
  expect(webhookName({ format: "nofx", url: "https://a.b/c", recipients: [] })).toBe(
    "https://a.b/c",
  );
  expect(webhookName({ format: "slack", url: "https://a.b/…", recipients: [] })).toBe(
    "Slack, https://a.b/…",
  );
  expect(webhookName({ format: "email", url: "mailto:", recipients })).toBe(
    "E-mail to a@x, b@x and 1 more",
  );
  expect(webhookName({ format: "email", url: "mailto:", recipients: [] })).toBe("E-mail to nobody");
});

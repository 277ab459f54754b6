import { expect, it } from "vitest";
import { webhookLook, webhookTrouble } from "./webhook-look.ts";

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
  [{ status: "disabled", disabledReason: "gone" }, "Disabled", /410/],
  [{ status: "disabled", disabledReason: "failing", behind: 1 }, "Disabled", /1 event waits/],
  [{ status: "disabled", disabledReason: "by_member" }, "Switched off", /switched it off/],
] as const)("%j is %s", (over, label, trouble) => {
  const seen = { ...webhook, ...over };
  expect(webhookLook(seen).label).toBe(label);
  expect(webhookTrouble(seen) ?? "").toMatch(trouble);
});

import type { WebhookView } from "@nofx/core/api";
import type { StatusLook } from "@nofx/ui/tokens/status";
import { CircleDot, CirclePause, TriangleAlert, Unplug } from "lucide-react";

/** How a webhook stands, as colour, icon and word. */
export function webhookLook(
  webhook: Pick<WebhookView, "status" | "disabledReason" | "failingSince">,
): StatusLook {
  if (webhook.status === "disabled") {
    return webhook.disabledReason === "by_member"
      ? { label: "Switched off", tone: "ended", icon: CirclePause }
      : { label: "Disabled", tone: "bad", icon: Unplug };
  }
  return webhook.failingSince === null
    ? { label: "Active", tone: "good", icon: CircleDot }
    : { label: "Failing", tone: "warn", icon: TriangleAlert };
}

/** What people know it by. */
export function webhookName({
  format,
  url,
  recipients,
}: Pick<WebhookView, "format" | "url" | "recipients">): string {
  switch (format) {
    case "nofx":
      return url;
    case "slack":
      return `Slack, ${url}`;
    case "email": {
      const there = recipients.filter(({ member }) => member).map(({ email }) => email);
      if (there.length === 0) return "E-mail to nobody";
      return `E-mail to ${there.slice(0, 2).join(", ")}${there.length > 2 ? ` and ${there.length - 2} more` : ""}`;
    }
  }
}

/** Why it is told nothing, or what goes wrong with it; undefined when all is well. */
export function webhookTrouble(
  webhook: Pick<WebhookView, "status" | "disabledReason" | "failingSince" | "behind">,
): string | undefined {
  if (webhook.status === "active") {
    return webhook.failingSince === null
      ? undefined
      : `It does not take what it is told; ${count(webhook.behind)}. After five days it is disabled.`;
  }
  switch (webhook.disabledReason) {
    case "gone":
      return "It said that it is gone, or nobody is left to be told: see its last delivery.";
    case "failing":
      return `It took nothing for five days; ${count(webhook.behind)}.`;
    case "by_member":
    case null:
      return "Somebody switched it off.";
  }
}

const count = (behind: number) =>
  behind === 1 ? "1 event waits" : `${behind.toLocaleString("en")} events wait`;

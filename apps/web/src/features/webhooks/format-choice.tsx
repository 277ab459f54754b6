"use client";

import type { WebhookFormat } from "@nofx/core/vocabulary";
import { Choice } from "#shell/choice.tsx";

/** Whom a webhook tells: programs, or people in Slack or by e-mail. */
export function FormatChoice({
  format,
  mail,
  onChoose,
}: {
  format: WebhookFormat;
  /** Whether the operator configured a mail server. */
  mail: boolean;
  onChoose: (format: WebhookFormat) => void;
}) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-xs font-medium text-soft">Whom it tells</legend>
      <Choice
        name="format"
        checked={format === "nofx"}
        onChoose={() => onChoose("nofx")}
        title="A program"
      >
        Each event is one POST, signed, in order.
      </Choice>
      <Choice
        name="format"
        checked={format === "slack"}
        onChoose={() => onChoose("slack")}
        title="Slack"
      >
        A channel, through an incoming webhook of Slack.
      </Choice>
      <Choice
        name="format"
        checked={format === "email"}
        disabled={!mail}
        onChoose={() => onChoose("email")}
        title="E-mail"
      >
        {mail
          ? "Members, at most one mail a minute."
          : "No mail server is configured: an operator sets NOFX_SMTP_URL and NOFX_MAIL_FROM."}
      </Choice>
    </fieldset>
  );
}

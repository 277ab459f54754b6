"use client";

import { Callout } from "@nofx/ui/blocks/callout";
import { CopyButton } from "@nofx/ui/blocks/copy-button";
import { KeyRound } from "lucide-react";

/** A signing secret, this once. */
export function SecretShown({
  secret,
  inbound = false,
}: {
  secret: string | null;
  /** What is signed with it comes in. */
  inbound?: boolean;
}) {
  if (secret === null) {
    return (
      <Callout tone="warn" icon={KeyRound} title="Its secret was shown before">
        It is not kept in the clear. Make a new one on its page.
      </Callout>
    );
  }
  return (
    <Callout tone="warn" icon={KeyRound} title="Copy the secret now: it is shown this once">
      <span className="mt-1 flex items-center gap-1 rounded border border-line bg-surface py-1 pr-1 pl-2">
        <code className="min-w-0 flex-1 font-mono text-xs break-all">{secret}</code>
        <CopyButton value={secret} label="Copy the secret" />
      </span>
      <span className="mt-1 block text-xs text-soft">
        {inbound
          ? "With it the sender signs each message (Standard Webhooks)."
          : "With it whoever listens checks the signature (Standard Webhooks)."}
      </span>
    </Callout>
  );
}

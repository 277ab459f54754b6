"use client";

import { useMutation } from "@tanstack/react-query";
import type { WebhookView } from "@nofx/core/api";
import { CirclePause, CirclePlay, KeyRound, Send, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useWebhookRefresh } from "./use-webhook-refresh.ts";

const RemoveDialog = dynamic(() =>
  import("./remove-webhook-dialog.tsx").then((module) => module.RemoveWebhookDialog),
);
const RotateDialog = dynamic(() =>
  import("./rotate-secret-dialog.tsx").then((module) => module.RotateSecretDialog),
);

export function WebhookActions({ webhook }: { webhook: WebhookView }) {
  const trpc = useTRPC();
  const settled = { onSettled: useWebhookRefresh() };
  const [open, setOpen] = useState<"remove" | "rotate">();
  const test = useMutation(trpc.webhooks.sendTest.mutationOptions(settled));
  const enable = useMutation(trpc.webhooks.enable.mutationOptions(settled));
  const disable = useMutation(trpc.webhooks.disable.mutationOptions(settled));
  const webhookId = webhook.id;
  const active = webhook.status === "active";
  const busy = enable.isPending || disable.isPending;
  return (
    <>
      <RightButton
        permission="settings.write"
        disabled={!active || test.isPending}
        onClick={() => test.mutate({ webhookId })}
      >
        <Send aria-hidden />
        {test.isPending ? "Sending…" : "Send a test"}
      </RightButton>
      <RightButton
        permission="settings.write"
        disabled={busy}
        onClick={() => (active ? disable.mutate({ webhookId }) : enable.mutate({ webhookId }))}
      >
        {active ? <CirclePause aria-hidden /> : <CirclePlay aria-hidden />}
        {active ? "Switch off" : "Switch on"}
      </RightButton>
      {webhook.format === "nofx" && (
        <RightButton permission="settings.write" onClick={() => setOpen("rotate")}>
          <KeyRound aria-hidden />
          New secret…
        </RightButton>
      )}
      <RightButton
        permission="settings.write"
        variant="dangerOutline"
        onClick={() => setOpen("remove")}
      >
        <Trash2 aria-hidden />
        Remove…
      </RightButton>
      <CommandProblem error={test.error ?? enable.error ?? disable.error} className="basis-full" />
      {open === "remove" && <RemoveDialog webhook={webhook} onClose={() => setOpen(undefined)} />}
      {open === "rotate" && <RotateDialog webhook={webhook} onClose={() => setOpen(undefined)} />}
    </>
  );
}

"use client";

import { useMutation } from "@tanstack/react-query";
import type { WebhookView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useWebhookRefresh } from "./use-webhook-refresh.ts";
import { webhookName } from "./webhook-look.ts";

export function RemoveWebhookDialog({
  webhook,
  onClose,
}: {
  webhook: WebhookView;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useWebhookRefresh();
  const remove = useMutation(
    trpc.webhooks.remove.mutationOptions({
      onSuccess: () => {
        router.push("/webhooks");
        void refresh();
      },
    }),
  );
  const busy = remove.isPending || remove.isSuccess;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Remove this webhook"
        description="Its address is told nothing more, and the record of its deliveries goes."
      >
        <DialogBody>
          <code className="font-mono text-xs break-all">{webhookName(webhook)}</code>
          <CommandProblem error={remove.error} className="mt-3" />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="danger"
            disabled={busy}
            onClick={() => remove.mutate({ webhookId: webhook.id })}
          >
            <Trash2 aria-hidden />
            {busy ? "Removing…" : "Remove"}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

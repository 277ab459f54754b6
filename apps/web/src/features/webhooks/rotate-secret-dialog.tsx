"use client";

import { useMutation } from "@tanstack/react-query";
import type { WebhookView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { KeyRound } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { SecretShown } from "./secret-shown.tsx";
import { useWebhookRefresh } from "./use-webhook-refresh.ts";

export function RotateSecretDialog({
  webhook,
  onClose,
}: {
  webhook: WebhookView;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const rotate = useMutation(
    trpc.webhooks.rotateSecret.mutationOptions({ onSettled: useWebhookRefresh() }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="A new secret"
        description="For a day both sign, so that whoever listens can change over without losing one."
      >
        <DialogBody className="flex flex-col gap-3">
          {rotate.data === undefined ? (
            <p className="text-sm text-soft">The old one ends by itself after that day.</p>
          ) : (
            <>
              <SecretShown secret={rotate.data.secret} />
              <p className="text-xs text-faint">
                The old one ends <RelativeTime at={rotate.data.previousUntil} />.
              </p>
            </>
          )}
          <CommandProblem error={rotate.error} />
        </DialogBody>
        <DialogFooter>
          {rotate.data === undefined ? (
            <>
              <Button onClick={onClose}>Cancel</Button>
              <Button
                variant="primary"
                disabled={rotate.isPending}
                onClick={() => rotate.mutate({ webhookId: webhook.id })}
              >
                <KeyRound aria-hidden />
                {rotate.isPending ? "Making…" : "Make a new secret"}
              </Button>
            </>
          ) : (
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          )}
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

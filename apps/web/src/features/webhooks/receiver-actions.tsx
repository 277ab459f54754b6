"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { InboundReceiverView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { SecretShown } from "./secret-shown.tsx";

/** Switch, new secret, remove: each acts on one receiver. */
export function ReceiverActions({ receiver }: { receiver: InboundReceiverView }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const settled = {
    onSettled: () => queryClient.invalidateQueries(trpc.inbound.pathFilter()),
  };
  const [asking, setAsking] = useState<"rotate" | "remove">();
  const enable = useMutation(trpc.inbound.enable.mutationOptions(settled));
  const disable = useMutation(trpc.inbound.disable.mutationOptions(settled));
  const receiverId = receiver.id;
  const active = receiver.status === "active";
  const { name } = receiver;
  return (
    <span className="flex flex-wrap justify-end gap-1">
      <RightButton
        permission="settings.write"
        size="sm"
        aria-label={`${active ? "Switch off" : "Switch on"} ${name}`}
        disabled={enable.isPending || disable.isPending}
        onClick={() => (active ? disable : enable).mutate({ receiverId })}
      >
        {active ? "Switch off" : "Switch on"}
      </RightButton>
      <RightButton
        permission="settings.write"
        size="sm"
        aria-label={`New secret of ${name}…`}
        onClick={() => setAsking("rotate")}
      >
        New secret…
      </RightButton>
      <RightButton
        permission="settings.write"
        size="sm"
        variant="dangerOutline"
        aria-label={`Remove ${name}…`}
        onClick={() => setAsking("remove")}
      >
        Remove…
      </RightButton>
      <CommandProblem error={enable.error ?? disable.error} className="basis-full" />
      {asking === "rotate" && (
        <RotateDialog receiver={receiver} onClose={() => setAsking(undefined)} />
      )}
      {asking === "remove" && (
        <RemoveDialog receiver={receiver} onClose={() => setAsking(undefined)} />
      )}
    </span>
  );
}

interface OfOne {
  receiver: InboundReceiverView;
  onClose: () => void;
}

function RotateDialog({ receiver, onClose }: OfOne) {
  const trpc = useTRPC();
  const rotate = useMutation(trpc.inbound.rotateSecret.mutationOptions());
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={`A new secret of ${receiver.name}`}
        description="For a day either opens, so that its sender can change over."
      >
        <DialogBody className="flex flex-col gap-3">
          {rotate.data === undefined ? (
            <p className="text-sm text-soft">
              Whoever sees a secret cannot have their own questions answered by this receiver.
            </p>
          ) : (
            <SecretShown secret={rotate.data.secret} inbound />
          )}
          <CommandProblem error={rotate.error} />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>{rotate.data === undefined ? "Cancel" : "Done"}</Button>
          {rotate.data === undefined && (
            <Button
              variant="primary"
              disabled={rotate.isPending}
              onClick={() => rotate.mutate({ receiverId: receiver.id })}
            >
              {rotate.isPending ? "Making…" : "Make a new secret"}
            </Button>
          )}
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

function RemoveDialog({ receiver, onClose }: OfOne) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const remove = useMutation(
    trpc.inbound.remove.mutationOptions({
      onSuccess: () => {
        onClose();
        return queryClient.invalidateQueries(trpc.inbound.pathFilter());
      },
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={`Remove ${receiver.name}`}
        description="No message of its sender is taken any more. What was decided by it stays decided."
      >
        <DialogBody>
          <CommandProblem error={remove.error} />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="danger"
            disabled={remove.isPending}
            onClick={() => remove.mutate({ receiverId: receiver.id })}
          >
            {remove.isPending ? "Removing…" : "Remove"}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

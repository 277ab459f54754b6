"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import type { RunMessage } from "./types.ts";

export function RedactDialog({ message, onClose }: { message: RunMessage; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState("");
  const redact = useMutation(
    trpc.redactions.create.mutationOptions({
      onSuccess: onClose,
      onSettled: () =>
        Promise.all([
          queryClient.invalidateQueries(trpc.messages.pathFilter()),
          queryClient.invalidateQueries(trpc.approvals.pathFilter()),
        ]),
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Redact this message"
        description={
          message.held
            ? "It is under a legal hold: somebody else has to approve."
            : "What was said is destroyed at once and for good, copies of it within minutes. That it was said, and by whom, stays."
        }
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            redact.mutate({ messageId: message.messageId, reason: reason.trim() });
          }}
        >
          <DialogBody className="flex flex-col gap-1">
            <Label htmlFor="redact-reason">Reason</Label>
            <Input
              id="redact-reason"
              required
              minLength={3}
              maxLength={1_000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <CommandProblem error={redact.error} className="mt-2" />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Keep it</Button>
            <Button type="submit" variant="danger" disabled={redact.isPending}>
              Redact
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

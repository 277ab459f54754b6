"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label, Textarea } from "@nofx/ui/primitives/input";
import { CirclePause } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** Pauses a queue, a type of steps, or all of the tenant; never without a reason, which people read where work stands. */
export function PauseDialog({
  queue,
  onClose,
}: {
  queue: string | undefined;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState("");
  const [type, setType] = useState("");
  const [name, setName] = useState(queue ?? "");
  const pause = useMutation(
    trpc.queues.pause.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.queues.pathFilter()),
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={queue === undefined ? "Pause" : `Pause ${queue}`}
        description="Nothing of it begins until it is resumed. What runs goes on, what is queued stays queued."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            pause.mutate({
              reason: reason.trim(),
              ...(name.trim() === "" ? {} : { queue: name.trim() }),
              ...(type.trim() === "" ? {} : { type: type.trim() }),
            });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            <div className="flex flex-col gap-1">
              <Label htmlFor="pause-reason">Reason</Label>
              <Textarea
                id="pause-reason"
                required
                rows={3}
                maxLength={500}
                placeholder="The mail provider is down"
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </div>
            {queue === undefined && (
              <div className="flex flex-col gap-1">
                <Label htmlFor="pause-queue">Queue</Label>
                <Input
                  id="pause-queue"
                  placeholder="all of this tenant"
                  value={name}
                  onChange={(event) => setName(event.target.value)}
                />
              </div>
            )}
            <div className="flex flex-col gap-1">
              <Label htmlFor="pause-type">Only steps of this type (optional)</Label>
              <Input
                id="pause-type"
                placeholder="shell, http, code.*"
                value={type}
                onChange={(event) => setType(event.target.value)}
              />
            </div>
            <CommandProblem error={pause.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="danger"
              disabled={pause.isPending || reason.trim() === ""}
            >
              <CirclePause aria-hidden />
              {pause.isPending ? "Pausing…" : "Pause"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

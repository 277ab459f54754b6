"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FlagView } from "@nofx/core/api";
import { FLAGS } from "@nofx/core/flags";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { Power, PowerOff } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** Asks once more, and why: the reason is in the audit log and wherever the path is refused. */
export function SwitchDialog({ flag, onClose }: { flag: FlagView; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [note, setNote] = useState("");
  const to = flag.enabled ? "off" : "on";
  const change = useMutation(
    trpc.flags.set.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.flags.pathFilter()),
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={`Switch "${flag.title}" ${to}?`}
        description={
          flag.enabled
            ? `${FLAGS[flag.name].whenOff.replace(" is ", " will be ")} What has begun goes on.`
            : flag.description
        }
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate({ name: flag.name, enabled: !flag.enabled, note: note.trim() });
          }}
        >
          <DialogBody className="flex flex-col gap-1">
            <Label htmlFor="flag-note">Reason</Label>
            <Textarea
              id="flag-note"
              required
              rows={3}
              maxLength={500}
              placeholder="Freeze before the audit"
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
            {flag.source === "environment" && (
              <p className="mt-1 text-xs text-wait">
                The server&apos;s environment sets this flag: the switch counts only once that is
                taken away.
              </p>
            )}
            <CommandProblem error={change.error} className="mt-2" />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant={flag.enabled ? "danger" : "primary"}
              disabled={change.isPending || note.trim() === ""}
            >
              {flag.enabled ? <PowerOff aria-hidden /> : <Power aria-hidden />}
              Switch {to}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

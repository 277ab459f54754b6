"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Ban } from "lucide-react";
import { useState } from "react";
import { Choice } from "#shell/choice.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { undoOutlook } from "./undo-outlook.ts";
import type { RunView } from "./types.ts";
import { useRunRefresh } from "./use-run-refresh.ts";

/** Ends a run before its time, and says beforehand what becomes of what it has done. */
export function CancelDialog({ run, onClose }: { run: RunView; onClose: () => void }) {
  const trpc = useTRPC();
  const refresh = useRunRefresh();
  const outlook = undoOutlook(run);
  const [undo, setUndo] = useState(outlook.possible && run.compensate);
  const [reason, setReason] = useState("");
  const cancel = useMutation(
    trpc.runs.cancel.mutationOptions({ onSuccess: onClose, onSettled: refresh }),
  );
  const busy = run.stepList.filter(
    (step) => step.status === "running" || step.status === "assigned",
  ).length;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Cancel this run"
        description={
          busy === 0
            ? "No step starts any more."
            : `No step starts any more. ${busy} at work ${busy === 1 ? "is" : "are"} told to stop.`
        }
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            cancel.mutate({
              runId: run.id,
              compensate: undo,
              ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
            });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            <fieldset className="flex flex-col gap-2">
              <legend className="mb-1 text-xs font-medium text-soft">
                What it has done so far
              </legend>
              <Choice
                name="undo"
                checked={undo}
                disabled={!outlook.possible}
                onChoose={() => setUndo(true)}
                title="Take it back"
              >
                {outlook.sentence}
              </Choice>
              <Choice
                name="undo"
                checked={!undo}
                onChoose={() => setUndo(false)}
                title="Leave it as it is"
              >
                The run ends at once. What it did stays in the world.
              </Choice>
            </fieldset>
            <div className="flex flex-col gap-1">
              <Label htmlFor="cancel-reason">Reason (optional, kept in the audit log)</Label>
              <Input
                id="cancel-reason"
                value={reason}
                maxLength={2_000}
                onChange={(event) => setReason(event.target.value)}
              />
            </div>
            <CommandProblem error={cancel.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Let it run</Button>
            <Button type="submit" variant="danger" disabled={cancel.isPending}>
              <Ban aria-hidden />
              {cancel.isPending ? "Cancelling…" : undo ? "Cancel and undo" : "Cancel the run"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

"use client";

import { useMutation } from "@tanstack/react-query";
import type { DeadLetterView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Lock, RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { CommandProblem } from "#shell/complain.tsx";
import { JsonField, useJsonField } from "#shell/json-field.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useDeadLetterRefresh } from "./use-dead-letter-refresh.ts";

/** Tries it again in a new run, with its arguments as they are or edited. */
export function RedriveDialog({
  letter,
  onClose,
}: {
  letter: DeadLetterView;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useDeadLetterRefresh();
  const edit = useJsonField(letter.payload);
  const redrive = useMutation(
    trpc.deadLetters.redrive.mutationOptions({
      onSuccess: ({ runId }) => router.push(`/runs/${runId}`),
      onSettled: refresh,
    }),
  );
  const isUndo = letter.stage === "compensate";
  const busy = redrive.isPending || redrive.isSuccess;

  function send() {
    const edited = edit.read();
    if (edited === "wrong") return;
    redrive.mutate({
      deadLetterId: letter.id,
      version: letter.version,
      ...(edited === undefined ? {} : { with: edited }),
    });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={isUndo ? "Try the undo again" : "Redrive this step"}
        description={
          isUndo
            ? "In a new run with what is not undone yet. What is taken back already is left alone."
            : "In a new run that goes on from here: what was done before it stays done, its checkpoints are kept, and it gets fresh tries and a fresh deadline."
        }
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            {letter.masked.length > 0 ? (
              <Callout tone="neutral" icon={Lock} title="Its arguments hold masked values">
                They go along as they are. To edit them make a new plan version: a masked value
                would be sent as its mask.
              </Callout>
            ) : (
              !isUndo && (
                <JsonField
                  field={edit}
                  label={`Arguments of ${letter.stepName}`}
                  changedHint="You change what will run: a second person has to approve it before it does."
                />
              )
            )}
            <CommandProblem error={redrive.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={busy}>
              <RotateCw aria-hidden />
              {busy ? "Starting…" : edit.changed ? "Redrive with these arguments" : "Redrive"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

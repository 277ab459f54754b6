"use client";

import { useMutation } from "@tanstack/react-query";
import type { PulledPlug } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Unplug } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import type { RunView } from "./types.ts";
import { useRunRefresh } from "./use-run-refresh.ts";

/** Says what will happen before anything is frozen. */
export function PlugDialog({
  run,
  onClose,
  onPulled,
}: {
  run: RunView;
  onClose: () => void;
  onPulled: (pulled: PulledPlug) => void;
}) {
  const trpc = useTRPC();
  const refresh = useRunRefresh();
  const pull = useMutation(
    trpc.workers.pullPlug.mutationOptions({
      onSuccess: (pulled) => {
        onPulled(pulled);
        onClose();
      },
      onSettled: refresh,
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Pull the plug"
        description="Freezes the worker that runs a step of this run, as a machine that hangs would. Nothing is lost: watch why."
      >
        <DialogBody className="flex flex-col gap-3">
          <ol className="flex list-decimal flex-col gap-1.5 pl-5 text-sm">
            <li>A second worker is started, if there is only one. Then the first is frozen.</li>
            <li>
              The frozen one can no longer renew its lease. When that runs out, the other takes the
              step over: the step&apos;s epoch goes from 1 to 2.
            </li>
            <li>
              The frozen one thaws and still believes that the step is its own. Its result carries
              the old epoch, and is refused.
            </li>
          </ol>
          <p className="text-xs text-faint">
            It takes about half a minute. The step begins again from its last checkpoint; a command
            is run anew, with the same idempotency key.
          </p>
          <CommandProblem error={pull.error} />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Leave it running</Button>
          <Button
            variant="danger"
            disabled={pull.isPending}
            onClick={() => pull.mutate({ runId: run.id })}
          >
            <Unplug aria-hidden />
            {pull.isPending ? "Freezing…" : "Pull the plug"}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

"use client";

import { useMutation } from "@tanstack/react-query";
import type { ScheduleView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useScheduleRefresh } from "./use-schedule-refresh.ts";

export function RemoveScheduleDialog({
  schedule,
  onClose,
}: {
  schedule: Pick<ScheduleView, "id" | "name">;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useScheduleRefresh();
  const remove = useMutation(
    trpc.schedules.remove.mutationOptions({
      onSuccess: () => {
        router.push("/schedules");
        void refresh();
      },
    }),
  );
  const busy = remove.isPending || remove.isSuccess;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Delete this schedule"
        description="Nothing begins by it any more, and the list of its firings goes. Its runs stay."
      >
        <DialogBody>
          <span className="font-medium break-all">{schedule.name}</span>
          <CommandProblem error={remove.error} className="mt-3" />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="danger"
            disabled={busy}
            onClick={() => remove.mutate({ scheduleId: schedule.id })}
          >
            <Trash2 aria-hidden />
            {busy ? "Deleting…" : "Delete"}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

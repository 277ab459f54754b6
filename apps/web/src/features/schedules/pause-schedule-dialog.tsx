"use client";

import { useMutation } from "@tanstack/react-query";
import type { ScheduleView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { CirclePause } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useScheduleRefresh } from "./use-schedule-refresh.ts";

export function PauseScheduleDialog({
  schedule,
  onClose,
}: {
  schedule: Pick<ScheduleView, "id" | "name">;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const refresh = useScheduleRefresh();
  const [reason, setReason] = useState("");
  const pause = useMutation(
    trpc.schedules.pause.mutationOptions({ onSuccess: onClose, onSettled: refresh }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={`Pause ${schedule.name}`}
        description="Nothing begins by it until somebody resumes it; what has begun goes on. Instants in the pause are not made up for."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            pause.mutate({ scheduleId: schedule.id, reason: reason.trim() });
          }}
        >
          <DialogBody className="flex flex-col gap-1">
            <Label htmlFor="pause-reason">Reason</Label>
            <Input
              id="pause-reason"
              required
              maxLength={500}
              placeholder="The warehouse is being moved"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <CommandProblem error={pause.error} className="mt-2" />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={pause.isPending}>
              <CirclePause aria-hidden />
              Pause
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

"use client";

import { useMutation } from "@tanstack/react-query";
import type { ScheduleDetail } from "@nofx/core/api";
import { CirclePause, CirclePlay, Pencil, Play, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useScheduleRefresh } from "./use-schedule-refresh.ts";

const ScheduleDialog = dynamic(() =>
  import("./schedule-dialog.tsx").then((module) => module.ScheduleDialog),
);
const PauseDialog = dynamic(() =>
  import("./pause-schedule-dialog.tsx").then((module) => module.PauseScheduleDialog),
);
const RemoveDialog = dynamic(() =>
  import("./remove-schedule-dialog.tsx").then((module) => module.RemoveScheduleDialog),
);

export function ScheduleActions({ schedule }: { schedule: ScheduleDetail }) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useScheduleRefresh();
  const [open, setOpen] = useState<"edit" | "pause" | "remove">();
  const close = () => setOpen(undefined);
  const run = useMutation(
    trpc.schedules.run.mutationOptions({
      onSettled: refresh,
      onSuccess: ({ runId }) => router.push(`/runs/${runId}`),
    }),
  );
  const resume = useMutation(trpc.schedules.resume.mutationOptions({ onSettled: refresh }));
  const scheduleId = schedule.id;
  return (
    <>
      <RightButton
        permission="plan.execute"
        disabled={run.isPending}
        onClick={() => run.mutate({ scheduleId })}
      >
        <Play aria-hidden />
        {run.isPending ? "Starting…" : "Run now"}
      </RightButton>
      {schedule.status === "active" ? (
        <RightButton permission="plan.execute" onClick={() => setOpen("pause")}>
          <CirclePause aria-hidden />
          Pause…
        </RightButton>
      ) : (
        <RightButton
          permission="plan.execute"
          variant="primary"
          disabled={resume.isPending}
          onClick={() => resume.mutate({ scheduleId })}
        >
          <CirclePlay aria-hidden />
          Resume
        </RightButton>
      )}
      <RightButton permission="plan.execute" onClick={() => setOpen("edit")}>
        <Pencil aria-hidden />
        Edit…
      </RightButton>
      <RightButton
        permission="plan.execute"
        variant="dangerOutline"
        onClick={() => setOpen("remove")}
      >
        <Trash2 aria-hidden />
        Delete…
      </RightButton>
      <CommandProblem error={run.error ?? resume.error} className="basis-full" />
      {open === "edit" && <ScheduleDialog schedule={schedule} onClose={close} />}
      {open === "pause" && <PauseDialog schedule={schedule} onClose={close} />}
      {open === "remove" && <RemoveDialog schedule={schedule} onClose={close} />}
    </>
  );
}

"use client";

import { useMutation } from "@tanstack/react-query";
import type { PulledPlug } from "@nofx/core/api";
import { Ban, CirclePause, CirclePlay, RotateCw } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { PlugButton } from "./plug-button.tsx";
import type { RunView } from "./types.ts";
import { useRunRefresh } from "./use-run-refresh.ts";

const CancelDialog = dynamic(() =>
  import("./cancel-dialog.tsx").then((module) => module.CancelDialog),
);
/** Loaded when it is first opened, as every dialog here. */
export const RerunDialog = dynamic(() =>
  import("./rerun-dialog.tsx").then((module) => module.RerunDialog),
);

/** What a person may do to the whole run now. */
export function RunActions({
  run,
  onPulled,
}: {
  run: RunView;
  onPulled: (pulled: PulledPlug) => void;
}) {
  const [open, setOpen] = useState<"cancel" | "rerun">();
  const over = run.status !== "queued" && run.status !== "running";
  const undoing = run.compensation === "running";
  return (
    <>
      {over ? (
        <RightButton permission="run.control" onClick={() => setOpen("rerun")}>
          <RotateCw aria-hidden />
          Run again…
        </RightButton>
      ) : (
        <>
          <PlugButton run={run} onPulled={onPulled} />
          <PauseButton run={run} />
          <RightButton
            permission="run.control"
            variant="dangerOutline"
            disabled={run.cancelRequestedAt !== null || undoing}
            title={undoing ? "It is being undone already" : undefined}
            onClick={() => setOpen("cancel")}
          >
            <Ban aria-hidden />
            {run.cancelRequestedAt === null ? "Cancel…" : "Cancelling…"}
          </RightButton>
        </>
      )}
      {open === "cancel" && <CancelDialog run={run} onClose={() => setOpen(undefined)} />}
      {open === "rerun" && <RerunDialog run={run} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function PauseButton({ run }: { run: RunView }) {
  const trpc = useTRPC();
  const refresh = useRunRefresh();
  const pause = useMutation(trpc.runs.pause.mutationOptions({ onSettled: refresh }));
  const resume = useMutation(trpc.runs.resume.mutationOptions({ onSettled: refresh }));
  const runId = run.id;
  return (
    <>
      {run.pausedAt === null ? (
        <RightButton
          permission="run.control"
          disabled={pause.isPending}
          onClick={() => pause.mutate({ runId })}
        >
          <CirclePause aria-hidden />
          {pause.isPending ? "Pausing…" : "Pause"}
        </RightButton>
      ) : (
        <RightButton
          permission="run.control"
          variant="primary"
          disabled={resume.isPending}
          onClick={() => resume.mutate({ runId })}
        >
          <CirclePlay aria-hidden />
          {resume.isPending ? "Resuming…" : "Resume"}
        </RightButton>
      )}
      <CommandProblem error={pause.error ?? resume.error} className="basis-full" />
    </>
  );
}

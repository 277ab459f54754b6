"use client";

import { useQuery } from "@tanstack/react-query";
import type { PulledPlug } from "@nofx/core/api";
import { Unplug } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import type { RunView } from "./types.ts";

const PlugDialog = dynamic(() => import("./plug-dialog.tsx").then((module) => module.PlugDialog));

/** Freezes a worker in mid-step, to be watched. Only where the local stack runs the workers, and while something runs. */
export function PlugButton({
  run,
  onPulled,
}: {
  run: RunView;
  onPulled: (pulled: PulledPlug) => void;
}) {
  const trpc = useTRPC();
  const [open, setOpen] = useState(false);
  const running = run.status === "running";
  const { data } = useQuery({
    ...trpc.workers.list.queryOptions({ limit: 1 }),
    enabled: running,
  });
  if (!running || data?.plug !== true) return null;
  const isHeld = run.stepList.some(
    (step) => step.kind !== "agent" && (step.status === "running" || step.status === "assigned"),
  );
  return (
    <>
      <RightButton
        permission="run.control"
        disabled={!isHeld && !open}
        onClick={() => setOpen(true)}
      >
        <Unplug aria-hidden />
        Pull the plug…
      </RightButton>
      {open && <PlugDialog run={run} onClose={() => setOpen(false)} onPulled={onPulled} />}
    </>
  );
}

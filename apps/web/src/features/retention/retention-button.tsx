"use client";

import { useQuery } from "@tanstack/react-query";
import { saySpan } from "@nofx/core/spans";
import { Archive } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";

const RetentionDialog = dynamic(() =>
  import("./retention-dialog.tsx").then((module) => module.RetentionDialog),
);

/** How long runs are kept, and the way to change it. */
export function RetentionButton() {
  const trpc = useTRPC();
  const retention = useQuery(trpc.retention.get.queryOptions({}));
  const [open, setOpen] = useState(false);
  if (retention.data === undefined) return null;
  const { archiveAfterSeconds } = retention.data;
  return (
    <>
      <RightButton
        permission="settings.write"
        onClick={() => setOpen(true)}
        title="How long runs and events are kept"
      >
        <Archive aria-hidden />
        {archiveAfterSeconds === null
          ? "Never archived"
          : `Archived after ${saySpan(archiveAfterSeconds)}`}
      </RightButton>
      {open && <RetentionDialog retention={retention.data} onClose={() => setOpen(false)} />}
    </>
  );
}

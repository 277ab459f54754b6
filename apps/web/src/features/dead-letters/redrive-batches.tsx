"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { RedriveBatchView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Progress } from "@nofx/ui/primitives/progress";
import { CircleStop, RotateCw } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useDeadLetterRefresh } from "./use-dead-letter-refresh.ts";

/** Bulk redrives that are going on: how far they are, and how to stop them. */
export function RedriveBatches() {
  const trpc = useTRPC();
  const batches = useQuery(trpc.deadLetters.batches.queryOptions({ limit: 5 }));
  return (batches.data?.items ?? [])
    .filter((batch) => batch.status === "running")
    .map((batch) => <Batch key={batch.id} batch={batch} />);
}

function Batch({ batch }: { batch: RedriveBatchView }) {
  const trpc = useTRPC();
  const refresh = useDeadLetterRefresh();
  const stop = useMutation(trpc.deadLetters.stopBatch.mutationOptions({ onSettled: refresh }));
  const over = batch.succeeded + batch.failed + batch.skipped;
  return (
    <Callout
      tone="active"
      icon={RotateCw}
      title={`Redriving ${batch.total.toLocaleString("en")}: ${over} over, ${batch.redriving} under way, ${batch.waiting} to go`}
      actions={
        <RightButton
          permission="run.control"
          size="sm"
          disabled={stop.isPending}
          onClick={() => stop.mutate({ batchId: batch.id })}
        >
          <CircleStop aria-hidden />
          {stop.isPending ? "Stopping…" : "Stop"}
        </RightButton>
      }
    >
      <span className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-soft">
        <Progress
          label={`${over} of ${batch.total} redriven`}
          className="w-40"
          total={batch.total}
          parts={[
            { label: "succeeded", value: batch.succeeded, tone: "good" },
            { label: "failed again", value: batch.failed, tone: "bad" },
            { label: "skipped", value: batch.skipped, tone: "ended" },
          ]}
        />
        <span>
          {batch.succeeded} succeeded, {batch.failed} failed again
        </span>
        <span>
          begun <RelativeTime at={batch.createdAt} /> by {batch.createdBy}, at most{" "}
          {batch.maxPerMinute} a minute
        </span>
      </span>
      <CommandProblem error={stop.error} className="mt-2" />
    </Callout>
  );
}

"use client";

import { useMutation } from "@tanstack/react-query";
import type { BulkRedriveResult } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { SkeletonRows } from "@nofx/ui/primitives/skeleton";
import { DEAD_LETTER_REASON, DEAD_LETTER_STAGE } from "@nofx/ui/tokens/status";
import { RotateCw } from "lucide-react";
import { useEffect, useState } from "react";
import { CheckOption } from "#shell/check-option.tsx";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import type { DeadLettersFilter } from "./search-params.ts";
import { useDeadLetterRefresh } from "./use-dead-letter-refresh.ts";

/** Tries many again at once: first it says how many, which and how long, then it does it at a bounded pace. */
export function BulkRedriveDialog({
  filter: { status: _, ...filter },
  onClose,
}: {
  filter: DeadLettersFilter;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const refresh = useDeadLetterRefresh();
  const [maxPerMinute, setMaxPerMinute] = useState(60);
  const [stopOnRepeat, setStopOnRepeat] = useState(true);
  const dry = useMutation(trpc.deadLetters.redriveMany.mutationOptions());
  const redrive = useMutation(
    trpc.deadLetters.redriveMany.mutationOptions({ onSuccess: onClose, onSettled: refresh }),
  );

  const { mutate: ask } = dry;
  const wanted = JSON.stringify({ filter, maxPerMinute });
  useEffect(() => {
    const timer = setTimeout(() => ask({ ...JSON.parse(wanted), dryRun: true }), 250);
    return () => clearTimeout(timer);
  }, [ask, wanted]);

  const found = dry.data;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent title="Redrive many" description={sayFilter(filter)}>
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            redrive.mutate({ filter, maxPerMinute, stopOnRepeat });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            {found === undefined && dry.error === null ? (
              <SkeletonRows rows={3} label="Counting" />
            ) : (
              found !== undefined && <DryRun found={found} />
            )}
            <div className="flex flex-col gap-1">
              <Label htmlFor="pace">At most a minute</Label>
              <Input
                id="pace"
                type="number"
                className="w-28"
                min={1}
                max={6_000}
                required
                value={Number.isNaN(maxPerMinute) ? "" : maxPerMinute}
                onChange={(event) => setMaxPerMinute(event.target.valueAsNumber)}
              />
            </div>
            <CheckOption
              checked={stopOnRepeat}
              onChange={setStopOnRepeat}
              title="Stop when more than a fifth of them fail again"
              hint="What made them fail is then probably still there."
            />
            <CommandProblem error={redrive.error ?? dry.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              disabled={redrive.isPending || found === undefined || found.matched === 0}
            >
              <RotateCw aria-hidden />
              {redrive.isPending
                ? "Starting…"
                : found === undefined
                  ? "Redrive"
                  : `Redrive ${found.matched.toLocaleString("en")}`}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function sayFilter(filter: Omit<DeadLettersFilter, "status">): string {
  const parts = [
    filter.reason === undefined ? undefined : `“${DEAD_LETTER_REASON[filter.reason].label}”`,
    filter.stage === undefined ? undefined : `stage “${DEAD_LETTER_STAGE[filter.stage]}”`,
    filter.runId === undefined ? undefined : "of one run",
  ].filter((part) => part !== undefined);
  return parts.length === 0
    ? "All that are new or looked at. Filter the list first to choose fewer."
    : `Those that are new or looked at: ${parts.join(", ")}.`;
}

function DryRun({ found }: { found: BulkRedriveResult }) {
  if (found.matched === 0) {
    return <p className="text-sm text-soft">None can be redriven now.</p>;
  }
  const more = found.matched - found.sample.length;
  return (
    <div aria-live="polite" className="rounded-md border border-line px-3 py-2">
      <p className="text-sm font-medium">
        {found.matched.toLocaleString("en")} {found.matched === 1 ? "step" : "steps"}, in{" "}
        {found.minutes < 1 ? "less than a minute" : `about ${Math.ceil(found.minutes)} min`}
      </p>
      <p className="mt-0.5 text-xs text-soft">
        {Object.entries(found.byReason)
          .map(
            ([reason, count]) =>
              `${count} × ${DEAD_LETTER_REASON[reason as keyof typeof DEAD_LETTER_REASON]?.label ?? reason}`,
          )
          .join(", ")}
      </p>
      <ul className="mt-1.5 flex flex-wrap gap-x-3 gap-y-0.5 font-mono text-xs text-faint">
        {found.sample.map((letter) => (
          <li key={letter.id}>{letter.stepName}</li>
        ))}
        {more > 0 && <li>and {more.toLocaleString("en")} more</li>}
      </ul>
    </div>
  );
}

"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { RetentionView } from "@nofx/core/api";
import { readSpan, saySpan } from "@nofx/core/spans";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

const DAY = 86_400;

const FIELDS = [
  ["archive", "Archive a run this long after its end", "It reads as before, out of the way."],
  ["delete", "Delete an archived run this long after its end", "With its files, for good."],
  ["events", "Delete events of this age", "Once every webhook has been told of them."],
] as const;
type Field = (typeof FIELDS)[number][0];

export function RetentionDialog({
  retention,
  onClose,
}: {
  retention: RetentionView;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const set = useMutation(
    trpc.retention.set.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.retention.pathFilter()),
    }),
  );
  const [said, setSaid] = useState<Record<Field, string>>({
    archive: saySpan(retention.archiveAfterSeconds),
    delete: sayDays(retention.deleteAfterDays),
    events: sayDays(retention.eventsAfterDays),
  });
  const archiveAfterSeconds = readSpan(said.archive);
  const deleteAfterDays = readDays(said.delete);
  const eventsAfterDays = readDays(said.events);
  const wrong: Record<Field, boolean> = {
    archive: archiveAfterSeconds === undefined,
    delete: deleteAfterDays === undefined,
    events: eventsAfterDays === undefined,
  };
  const isWrong = wrong.archive || wrong.delete || wrong.events;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="How long things are kept"
        description="For this tenant, and for what has ended already too."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            set.mutate({ archiveAfterSeconds, deleteAfterDays, eventsAfterDays });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            {FIELDS.map(([field, label, why]) => (
              <div key={field} className="flex flex-col gap-1">
                <Label htmlFor={`retention-${field}`}>{label}</Label>
                <Input
                  id={`retention-${field}`}
                  className="w-32 font-mono"
                  value={said[field]}
                  aria-invalid={wrong[field]}
                  aria-describedby={`retention-${field}-why`}
                  onChange={(event) => setSaid({ ...said, [field]: event.target.value })}
                />
                <p id={`retention-${field}-why`} className="text-xs text-soft">
                  {wrong[field]
                    ? field === "archive"
                      ? "Write it like 7d, 12h, 30m, or never."
                      : "Write whole days, like 90d, or never."
                    : why}
                </p>
              </div>
            ))}
            <CommandProblem error={set.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              variant="ghost"
              disabled={set.isPending || Object.keys(retention.own).length === 0}
              onClick={() => set.mutate({ reset: true })}
            >
              As the plane says
            </Button>
            <Button type="submit" variant="primary" disabled={set.isPending || isWrong}>
              {set.isPending ? "Saving…" : "Save"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function sayDays(days: number | null): string {
  return saySpan(days === null ? null : days * DAY);
}

function readDays(text: string): number | null | undefined {
  const seconds = readSpan(text);
  if (seconds === null || seconds === undefined) return seconds;
  return seconds > 0 && seconds % DAY === 0 ? seconds / DAY : undefined;
}

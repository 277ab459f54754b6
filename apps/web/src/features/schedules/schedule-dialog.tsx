"use client";

import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import type { ScheduleDetail } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label, Select, Textarea } from "@nofx/ui/primitives/input";
import { CalendarClock } from "lucide-react";
import { useRouter } from "next/navigation";
import { useDeferredValue, useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { parseObject } from "#shell/parse-object.ts";
import { complaintOf } from "#trpc/problem.ts";
import { useTRPC } from "#trpc/react.tsx";
import { OccurrenceList } from "./occurrence-list.tsx";
import { draftOf, EXAMPLES, KINDS, timetableIn, toInput, type Draft } from "./schedule-draft.ts";
import { useScheduleRefresh } from "./use-schedule-refresh.ts";

/** Makes a schedule, or changes the given one. */
export function ScheduleDialog({
  schedule,
  onClose,
}: {
  schedule?: ScheduleDetail;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const refresh = useScheduleRefresh();
  const [draft, setDraft] = useState<Draft>(() => draftOf(schedule));
  const [problem, setProblem] = useState<string>();
  const set = (changes: Partial<Draft>) => setDraft((before) => ({ ...before, ...changes }));
  const create = useMutation(
    trpc.schedules.create.mutationOptions({
      onSettled: refresh,
      onSuccess: ({ id }) => {
        onClose();
        router.push(`/schedules/${id}`);
      },
    }),
  );
  const update = useMutation(
    trpc.schedules.update.mutationOptions({ onSettled: refresh, onSuccess: onClose }),
  );
  const busy = create.isPending || update.isPending;

  function send() {
    const parsed = parseObject(draft.with);
    if ("problem" in parsed) {
      setProblem(parsed.problem);
      return;
    }
    const input = toInput(draft, parsed.value, schedule?.task);
    if (schedule === undefined) create.mutate(input);
    else update.mutate({ ...input, scheduleId: schedule.id, version: schedule.version });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        className="max-w-2xl"
        title={schedule === undefined ? "New schedule" : `Change ${schedule.name}`}
        description="A task that begins by the clock. Each instant begins it once."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            <div className="flex flex-col gap-1">
              <Label htmlFor="schedule-name">Name</Label>
              <Input
                id="schedule-name"
                required
                pattern="[a-z0-9][a-z0-9._\-]*"
                maxLength={128}
                title="a-z 0-9 . _ - and begin with a letter or digit"
                placeholder="nightly-report"
                value={draft.name}
                onChange={(event) => set({ name: event.target.value })}
              />
            </div>
            <TimetableFields draft={draft} set={set} />
            <Preview draft={draft} />
            <TaskFields
              draft={draft}
              set={set}
              problem={problem}
              onType={() => setProblem(undefined)}
            />
            <PolicyFields draft={draft} set={set} />
            <CommandProblem error={create.error ?? update.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={busy}>
              <CalendarClock aria-hidden />
              {schedule === undefined ? "Create" : "Save"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

interface Fields {
  draft: Draft;
  set: (changes: Partial<Draft>) => void;
}

function TimetableFields({ draft, set }: Fields) {
  return (
    <div className="grid gap-3 sm:grid-cols-[9rem_1fr_1fr]">
      <div className="flex flex-col gap-1">
        <Label htmlFor="schedule-form">When</Label>
        <Select
          id="schedule-form"
          value={draft.form}
          onChange={(event) => set({ form: event.target.value as Draft["form"] })}
        >
          <option value="cron">By cron</option>
          <option value="every">Every …</option>
        </Select>
      </div>
      {draft.form === "cron" ? (
        <div className="flex flex-col gap-1">
          <Label htmlFor="schedule-cron">Cron</Label>
          <Input
            id="schedule-cron"
            required
            spellCheck={false}
            maxLength={200}
            className="font-mono"
            placeholder="30 2 * * MON-FRI"
            value={draft.cron}
            onChange={(event) => set({ cron: event.target.value })}
          />
        </div>
      ) : (
        <div className="flex flex-col gap-1">
          <Label htmlFor="schedule-every">Seconds apart</Label>
          <Input
            id="schedule-every"
            required
            type="number"
            min={1}
            max={31_536_000}
            value={draft.everySeconds}
            onChange={(event) => set({ everySeconds: event.target.value })}
          />
        </div>
      )}
      <div className="flex flex-col gap-1">
        <Label htmlFor="schedule-zone">Time zone</Label>
        <Input
          id="schedule-zone"
          required
          list="time-zones"
          spellCheck={false}
          maxLength={100}
          value={draft.timeZone}
          onChange={(event) => set({ timeZone: event.target.value })}
        />
        <datalist id="time-zones">
          {["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </datalist>
      </div>
    </div>
  );
}

/** What the timetable says, asked for while it is typed: the server reads it, nothing is loaded for it here. */
function Preview({ draft }: { draft: Draft }) {
  const trpc = useTRPC();
  const timetable = useDeferredValue(timetableIn(draft));
  const preview = useQuery({
    ...trpc.schedules.preview.queryOptions(timetable ?? { cron: "@daily" }),
    enabled: timetable !== undefined,
    retry: false,
    placeholderData: keepPreviousData,
  });
  const wrong = timetable !== undefined && preview.error !== null;
  const shown = timetable === undefined || wrong ? undefined : preview.data;
  return (
    <div
      role="status"
      aria-label="Preview"
      className="flex min-h-44 shrink-0 flex-col gap-1.5 rounded-md border border-line bg-muted px-3 py-2"
    >
      {wrong && (
        <p className="text-sm text-bad">
          {complaintOf(preview.error).detail ?? complaintOf(preview.error).title}
        </p>
      )}
      {shown !== undefined && (
        <>
          <p className="text-sm font-medium">{shown.words}</p>
          <OccurrenceList
            occurrences={shown.occurrences}
            timeZone={timetable?.timeZone ?? draft.timeZone}
          />
        </>
      )}
      {shown === undefined && !wrong && (
        <p className="text-sm text-soft">The next five instants stand here as you type.</p>
      )}
    </div>
  );
}

function TaskFields({
  draft,
  set,
  problem,
  onType,
}: Fields & { problem: string | undefined; onType: () => void }) {
  return (
    <div className="flex flex-col gap-3">
      <div className="grid gap-3 sm:grid-cols-[9rem_1fr_1fr]">
        <div className="flex flex-col gap-1">
          <Label htmlFor="schedule-kind">Starts</Label>
          <Select
            id="schedule-kind"
            value={draft.kind}
            onChange={(event) => {
              const kind = event.target.value as Draft["kind"];
              // what nobody has touched is an example of the kind
              const untouched = draft.with === EXAMPLES[draft.kind];
              set({ kind, ...(untouched ? { with: EXAMPLES[kind] } : {}) });
            }}
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </Select>
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor="schedule-title">Title (optional)</Label>
          <Input
            id="schedule-title"
            maxLength={200}
            value={draft.title}
            onChange={(event) => set({ title: event.target.value })}
          />
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor="schedule-queue">Queue</Label>
          <Input
            id="schedule-queue"
            required
            pattern="[a-z0-9][a-z0-9._\-]*"
            maxLength={64}
            value={draft.queue}
            onChange={(event) => set({ queue: event.target.value })}
          />
        </div>
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="schedule-with">Arguments (JSON)</Label>
        <Textarea
          id="schedule-with"
          rows={4}
          spellCheck={false}
          className="font-mono text-xs"
          value={draft.with}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : "schedule-with-problem"}
          onChange={(event) => {
            set({ with: event.target.value });
            onType();
          }}
        />
        {problem !== undefined && (
          <p id="schedule-with-problem" role="alert" className="text-xs text-bad">
            {problem}
          </p>
        )}
      </div>
    </div>
  );
}

function PolicyFields({ draft, set }: Fields) {
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      <div className="flex flex-col gap-1">
        <Label htmlFor="schedule-overlap">While the run before goes on</Label>
        <Select
          id="schedule-overlap"
          value={draft.overlap}
          onChange={(event) => set({ overlap: event.target.value as Draft["overlap"] })}
        >
          <option value="allow">Begin beside it</option>
          <option value="skip">Leave it out</option>
        </Select>
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="schedule-missed">Missed ones made up for, at most</Label>
        <Input
          id="schedule-missed"
          type="number"
          min={0}
          max={100}
          required
          value={draft.catchUp}
          onChange={(event) => set({ catchUp: event.target.value })}
        />
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="schedule-jitter">Begin up to so many seconds later</Label>
        <Input
          id="schedule-jitter"
          type="number"
          min={0}
          max={3_600}
          required
          value={draft.jitterSeconds}
          onChange={(event) => set({ jitterSeconds: event.target.value })}
        />
      </div>
    </div>
  );
}

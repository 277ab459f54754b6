"use client";

import { useQuery } from "@tanstack/react-query";
import type { PlanDiffView, PlanView } from "@nofx/core/api";
import { Select } from "@nofx/ui/primitives/input";
import { Badge } from "@nofx/ui/primitives/badge";
import type { Tone } from "@nofx/ui/tokens/status";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import type { ReactNode } from "react";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";

/** What differs from another version, picked by the reader: the one before, to begin with. */
export function PlanDiff({
  plan,
  against,
  onAgainst,
  onStep,
}: {
  plan: PlanView;
  against: string;
  onAgainst: (planId: string) => void;
  onStep: (name: string) => void;
}) {
  const trpc = useTRPC();
  const diff = useQuery(trpc.plans.diff.queryOptions({ from: against, to: plan.id }));
  return (
    <div className="flex flex-col gap-3 p-3">
      <label className="flex items-center gap-2 text-sm">
        Version {plan.version} beside
        <Select
          className="h-7.5 w-auto"
          value={against}
          onChange={(event) => onAgainst(event.target.value)}
        >
          {plan.versions
            .filter(({ id }) => id !== plan.id)
            .map(({ id, version }) => (
              <option key={id} value={id}>
                version {version}
              </option>
            ))}
        </Select>
      </label>
      <QueryView query={diff} what="what differs">
        {(data) => <Changes diff={data} onStep={onStep} />}
      </QueryView>
    </div>
  );
}

function Changes({ diff, onStep }: { diff: PlanDiffView; onStep: (name: string) => void }) {
  const { counts } = diff;
  const count = Object.values(counts).reduce((sum, n) => sum + n, -counts.unchanged);
  if (count === 0) {
    return (
      <p className="text-sm text-soft">
        All {counts.unchanged.toLocaleString("en")} steps are the same.
      </p>
    );
  }
  const ms = (value: number | null) => (value === null ? "–" : formatDuration(value));
  const after = (seconds: number | null) => (seconds === null ? "–" : ms(seconds * 1_000));
  const list = { onStep };
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-soft">
        {counts.unchanged.toLocaleString("en")} steps are the same.
        {diff.makespanSeconds.from !== null && diff.makespanSeconds.to !== null && (
          <>
            {" "}
            The schedule takes {after(diff.makespanSeconds.to)}; it was{" "}
            {after(diff.makespanSeconds.from)}.
          </>
        )}
      </p>
      <List {...list} title="Added" tone="good" count={counts.added} of={diff.added} />
      <List title="Removed" tone="bad" count={counts.removed} of={diff.removed} />
      <List
        {...list}
        title="Changed"
        tone="warn"
        count={counts.changed}
        of={diff.changed}
        note={({ fields }) => fields.join(", ")}
      />
      <List
        {...list}
        title="Moved in order"
        tone="active"
        count={counts.moved}
        of={diff.moved}
        note={({ from, to }) => `${from + 1} → ${to + 1}`}
      />
      <List
        {...list}
        title="Moved in time"
        tone="active"
        count={counts.rescheduled}
        of={diff.rescheduled}
        note={({ fromSeconds, toSeconds }) => `${after(fromSeconds)} → ${after(toSeconds)}`}
      />
      <List
        {...list}
        title="Re-estimated"
        tone="wait"
        count={counts.reestimated}
        of={diff.reestimated}
        note={({ fromMs, toMs }) => `${ms(fromMs)} → ${ms(toMs)}`}
      />
    </div>
  );
}

function List<T extends { name: string; title: string }>({
  title,
  tone,
  count,
  of,
  note,
  onStep,
}: {
  title: string;
  tone: Tone;
  count: number;
  of: readonly T[];
  note?: (change: T) => ReactNode;
  onStep?: (name: string) => void;
}) {
  if (count === 0) return null;
  return (
    <section>
      <h3 className="mb-1 flex items-center gap-2 text-sm font-medium">
        {title} <Badge tone={tone}>{count.toLocaleString("en")}</Badge>
      </h3>
      <ul className="flex flex-col divide-y divide-line rounded-md border border-line">
        {of.map((change) => (
          <li key={change.name} className="flex flex-wrap items-baseline gap-x-3 px-2 py-1 text-sm">
            {onStep === undefined ? (
              <span className="font-mono text-xs">{change.name}</span>
            ) : (
              <button
                type="button"
                onClick={() => onStep(change.name)}
                className="font-mono text-xs text-accent hover:underline"
              >
                {change.name}
              </button>
            )}
            <span className="min-w-0 flex-1 truncate text-soft">{change.title}</span>
            {note !== undefined && (
              <span className="text-xs text-faint tabular-nums">{note(change)}</span>
            )}
          </li>
        ))}
      </ul>
      {count > of.length && (
        <p className="mt-1 text-xs text-faint">
          and {(count - of.length).toLocaleString("en")} more
        </p>
      )}
    </section>
  );
}

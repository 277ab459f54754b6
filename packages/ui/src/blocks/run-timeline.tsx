"use client";

import { Undo2 } from "lucide-react";
import { useMemo } from "react";
import { cn } from "../cn.ts";
import { formatDuration } from "../hooks/format-time.ts";
import { type StatusLook, TONE_FILL, TONE_TEXT, type Tone } from "../tokens/status.ts";
import { buildTimeScale } from "./run-timeline/time-scale.ts";

export interface TimelineSegment {
  kind: "queue" | "run" | "wait";
  from: number;
  to: number;
  /** The tone of a run segment: how this attempt ended, or that it is still going. */
  tone: Tone;
  label: string;
}

export interface TimelineRow {
  id: string;
  title: string;
  look: StatusLook;
  /** Set on a step that takes the effect of another back: that step's name. */
  undoes?: string | undefined;
  segments: readonly TimelineSegment[];
}

const LEGEND = [
  { kind: "queue", label: "in the queue" },
  { kind: "run", label: "at work" },
  { kind: "wait", label: "waiting for people" },
] as const;

function segmentClass(kind: TimelineSegment["kind"], tone: Tone): string {
  switch (kind) {
    case "queue":
      return "h-1.5 bg-line-strong/45";
    case "wait":
      return "h-2.5 bg-wait-soft text-wait stripes border border-wait/50";
    case "run":
      return cn("h-3.5", TONE_FILL[tone]);
  }
}

/**
 * When each step was in the queue, at work, or waiting for people, every attempt apart. Stretches where nothing runs
 * are folded and say how long they were.
 */
export function RunTimeline({
  rows,
  from,
  to,
  selected,
  onSelect,
  label,
}: {
  rows: readonly TimelineRow[];
  from: number;
  to: number;
  selected: string | undefined;
  onSelect: (id: string) => void;
  label: string;
}) {
  const scale = useMemo(
    () =>
      buildTimeScale(
        rows.flatMap((row) => row.segments.filter((segment) => segment.kind === "run")),
        from,
        to,
      ),
    [rows, from, to],
  );

  return (
    <div className="overflow-x-auto">
      <div className="min-w-[34rem]">
        <div className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line px-3 py-1.5 text-2xs text-faint">
          <span className="flex flex-wrap items-center gap-3">
            {LEGEND.map((entry) => (
              <span key={entry.kind} className="flex items-center gap-1.5">
                <span
                  className={cn("w-4 rounded-sm", segmentClass(entry.kind, "active"))}
                  aria-hidden
                />
                {entry.label}
              </span>
            ))}
          </span>
          <span className="tabular-nums">{formatDuration(to - from)} in all</span>
        </div>
        <ol aria-label={label} className="relative py-1">
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              place={scale.place}
              selected={row.id === selected}
              onSelect={onSelect}
            />
          ))}
          {scale.folds.map((fold) => (
            <li
              key={fold.from}
              aria-hidden
              title={`${formatDuration(fold.to - fold.from)} in which nothing ran`}
              className="pointer-events-none absolute inset-y-0 left-0 pl-44"
              style={{ width: "100%" }}
            >
              <span className="relative block h-full">
                <span
                  className="absolute inset-y-0 flex items-start justify-center border-x border-dashed border-line-strong/60"
                  style={{ left: `${fold.at * 100}%`, width: `${fold.width * 100}%` }}
                >
                  <span className="rounded bg-surface px-0.5 text-[0.625rem] leading-3 whitespace-nowrap text-faint">
                    {formatDuration(fold.to - fold.from)}
                  </span>
                </span>
              </span>
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function Row({
  row,
  place,
  selected,
  onSelect,
}: {
  row: TimelineRow;
  place: (moment: number) => number;
  selected: boolean;
  onSelect: (id: string) => void;
}) {
  const undo = row.undoes !== undefined;
  const name = undo ? `undo ${row.undoes}` : row.id;
  const Icon = row.look.icon;
  const spent = row.segments
    .filter((segment) => segment.kind === "run")
    .reduce((sum, segment) => sum + segment.to - segment.from, 0);
  return (
    <li>
      <button
        type="button"
        aria-pressed={selected}
        aria-label={`${name}: ${row.look.label}${spent > 0 ? `, ${formatDuration(spent)} at work` : ""}`}
        onClick={() => onSelect(row.id)}
        className="flex h-7 w-full items-center text-left hover:bg-muted focus-visible:outline-offset-[-2px] aria-pressed:bg-accent-soft"
      >
        <span className="flex w-44 shrink-0 items-center gap-1.5 pr-2 pl-3">
          <Icon aria-hidden className={cn("size-3.5 shrink-0", TONE_TEXT[row.look.tone])} />
          {undo && <Undo2 aria-hidden className="size-3 shrink-0 text-warn" />}
          <span className="truncate text-xs" title={undo ? `Undoes ${row.undoes}` : row.title}>
            {name}
          </span>
        </span>
        <span className="relative block h-full flex-1">
          {row.segments.map((segment) => {
            const left = place(segment.from);
            return (
              <span
                key={`${segment.kind}${segment.from}`}
                title={`${segment.label}: ${formatDuration(segment.to - segment.from)}`}
                className={cn(
                  "absolute top-1/2 min-w-0.5 -translate-y-1/2 rounded-sm",
                  segmentClass(segment.kind, segment.tone),
                )}
                style={{
                  left: `${left * 100}%`,
                  width: `${Math.max(0, place(segment.to) - left) * 100}%`,
                }}
              />
            );
          })}
        </span>
      </button>
    </li>
  );
}

"use client";

import { Lock } from "lucide-react";
import { cn } from "../cn.ts";
import { formatDuration } from "../hooks/format-time.ts";

export interface PlannedBar {
  /** The step's name. */
  readonly id: string;
  readonly title: string;
  readonly startMs: number;
  readonly durationMs: number;
  /** How much later it can start without the whole ending later. */
  readonly slackMs: number;
  readonly critical: boolean;
  readonly sensitive: boolean;
  readonly group: string | undefined;
}

/** When each step of a plan is to run: a bar from start to end, its slack behind it, the critical path in its own colour. */
export function PlanTimeline({
  bars,
  makespanMs,
  selected,
  onSelect,
  label,
}: {
  bars: readonly PlannedBar[];
  makespanMs: number;
  selected: string | undefined;
  onSelect: (id: string) => void;
  label: string;
}) {
  const whole = Math.max(1, makespanMs);
  return (
    <div className="overflow-x-auto">
      <div className="min-w-[34rem]">
        <div className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line px-3 py-1.5 text-2xs text-faint">
          <span className="flex flex-wrap items-center gap-3">
            <Legend className="h-3.5 bg-warn" label="critical: a delay delays the whole" />
            <Legend className="h-3.5 bg-active" label="at work" />
            <Legend className={SLACK} label="slack" />
          </span>
          <span className="tabular-nums">{formatDuration(makespanMs)} in all</span>
        </div>
        <ol aria-label={label} className="py-1">
          {grouped(bars).map(({ group, bars: members }) => (
            <li key={group ?? ""}>
              {group !== undefined && (
                <p className="flex items-baseline gap-2 px-3 pt-2 pb-0.5 text-xs font-medium">
                  {group}
                  <span className="text-2xs font-normal text-faint tabular-nums">
                    {formatDuration(Math.min(...members.map((bar) => bar.startMs)))} to{" "}
                    {formatDuration(
                      Math.max(...members.map((bar) => bar.startMs + bar.durationMs)),
                    )}
                  </span>
                </p>
              )}
              <ol>
                {members.map((bar) => (
                  <Bar
                    key={bar.id}
                    bar={bar}
                    whole={whole}
                    selected={bar.id === selected}
                    onSelect={onSelect}
                  />
                ))}
              </ol>
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

const SLACK = "h-1.5 bg-line-strong/45";

function Legend({ className, label }: { className: string; label: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span className={cn("w-4 rounded-sm", className)} aria-hidden />
      {label}
    </span>
  );
}

function Bar({
  bar,
  whole,
  selected,
  onSelect,
}: {
  bar: PlannedBar;
  whole: number;
  selected: boolean;
  onSelect: (id: string) => void;
}) {
  const share = (ms: number) => `${Math.min(100, (ms / whole) * 100)}%`;
  const times = `starts after ${formatDuration(bar.startMs)}, takes ${formatDuration(bar.durationMs)}`;
  const slack = bar.critical ? "critical" : `${formatDuration(bar.slackMs)} slack`;
  return (
    <li>
      <button
        type="button"
        aria-pressed={selected}
        aria-label={`${bar.id}: ${times}, ${slack}`}
        title={`${times}, ${slack}`}
        onClick={() => onSelect(bar.id)}
        className="flex h-7 w-full items-center text-left hover:bg-muted focus-visible:outline-offset-[-2px] aria-pressed:bg-accent-soft"
      >
        <span className="flex w-44 shrink-0 items-center gap-1.5 pr-2 pl-3">
          <span className="truncate text-xs" title={bar.title}>
            {bar.id}
          </span>
          {bar.sensitive && <Lock aria-hidden className="size-3 shrink-0 text-wait" />}
        </span>
        <span className="relative mr-3 block h-full flex-1">
          <span
            className={cn("absolute top-1/2 -translate-y-1/2 rounded-sm", SLACK)}
            style={{ left: share(bar.startMs + bar.durationMs), width: share(bar.slackMs) }}
          />
          <span
            className={cn(
              "absolute top-1/2 h-3.5 min-w-0.5 -translate-y-1/2 rounded-sm",
              bar.critical ? "bg-warn" : "bg-active",
            )}
            style={{ left: share(bar.startMs), width: share(bar.durationMs) }}
          />
        </span>
      </button>
    </li>
  );
}

/** By start; groups in the order in which they begin, what belongs to none last. */
function grouped(
  bars: readonly PlannedBar[],
): { group: string | undefined; bars: readonly PlannedBar[] }[] {
  const groups = new Map<string | undefined, PlannedBar[]>();
  for (const bar of bars.toSorted((a, b) => a.startMs - b.startMs)) {
    const members = groups.get(bar.group);
    if (members === undefined) groups.set(bar.group, [bar]);
    else members.push(bar);
  }
  const alone = groups.get(undefined);
  groups.delete(undefined);
  const named = [...groups].map(([group, members]) => ({ group, bars: members }));
  if (alone === undefined) return named;
  return [...named, { group: named.length === 0 ? undefined : "In no group", bars: alone }];
}

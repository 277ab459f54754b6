"use client";

import { cn } from "../cn.ts";
import { formatMoment, formatRelative } from "../hooks/format-time.ts";
import { useNow } from "../hooks/use-now.ts";

/** A moment as "5 min ago"; on hover in the reader's zone and in UTC, each with its zone printed. */
export function RelativeTime({ at, className }: { at: string; className?: string }) {
  const moment = Date.parse(at);
  const now = useNow(5_000);
  const utc = formatMoment(moment, "UTC");
  return (
    <time
      dateTime={at}
      title={now === null ? utc : `${formatMoment(moment, undefined)}\n${utc}`}
      className={cn("whitespace-nowrap tabular-nums", className)}
    >
      {now === null ? utc : formatRelative(moment, now)}
    </time>
  );
}

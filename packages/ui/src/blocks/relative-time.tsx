"use client";

import { cn } from "../cn.ts";
import { formatMoment, formatRelative } from "../hooks/format-time.ts";
import { guessNow, useNow } from "../hooks/use-now.ts";

const EVERY_MS = 5_000;

/**
 * A moment as "5 min ago"; on hover in the reader's zone and in UTC, each with its zone printed. The server writes it just
 * as short: text that shrinks while the page hydrates would move what is about to be clicked.
 */
export function RelativeTime({ at, className }: { at: string; className?: string }) {
  const moment = Date.parse(at);
  const now = useNow(EVERY_MS);
  const utc = formatMoment(moment, "UTC");
  return (
    <time
      // Drawn anew when the clock runs, so that nothing of the server's guess stays.
      key={now === null ? "guessed" : "known"}
      suppressHydrationWarning
      dateTime={at}
      title={now === null ? utc : `${formatMoment(moment, undefined)}\n${utc}`}
      className={cn("whitespace-nowrap tabular-nums", className)}
    >
      {formatRelative(moment, now ?? guessNow(EVERY_MS))}
    </time>
  );
}

"use client";

import { cn } from "@nofx/ui/cn";
import { formatMoment, formatRelative } from "@nofx/ui/hooks/format-time";
import { useNow } from "@nofx/ui/hooks/use-now";
import { type LiveState, useLive } from "#live/live-provider.tsx";

function say(state: LiveState, now: number | null): string {
  switch (state.kind) {
    case "connecting":
      return "Connecting…";
    case "live":
      return "Live";
    case "reconnecting":
      return state.asOf === null || now === null
        ? "Reconnecting…"
        : `Reconnecting · as of ${formatRelative(state.asOf, now)}`;
  }
}

/** Whether this page is up to date. Green only while the socket is joined and the last look succeeded. */
export function LiveIndicator({ className }: { className?: string }) {
  const state = useLive();
  const now = useNow(1_000);
  const asOf = state.kind === "connecting" ? null : state.asOf;
  return (
    <div
      role="status"
      title={asOf === null ? undefined : `Up to date as of ${formatMoment(asOf, undefined)}`}
      className={cn("flex items-center gap-2 text-xs text-faint", className)}
    >
      <span
        aria-hidden
        className={cn(
          "size-2 shrink-0 rounded-full",
          state.kind === "live" && "bg-good",
          state.kind === "reconnecting" && "animate-[breathe_1.2s_ease-in-out_infinite] bg-warn",
          state.kind === "connecting" && "bg-line-strong",
        )}
      />
      {say(state, now)}
    </div>
  );
}

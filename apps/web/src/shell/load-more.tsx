"use client";

import { Button } from "@nofx/ui/primitives/button";

/** The end of a list that is cut by a cursor. */
export function LoadMore({
  shown,
  total,
  what,
  hasMore,
  loading,
  onMore,
}: {
  shown: number;
  total: number | null;
  what: string;
  hasMore: boolean;
  loading: boolean;
  onMore: () => void;
}) {
  const one = shown === 1 && (total ?? 1) === 1 && !hasMore;
  return (
    <div className="flex items-center justify-between gap-3 border-t border-line px-3 py-2 text-xs text-faint">
      <span className="tabular-nums">
        {shown.toLocaleString("en")}
        {total !== null && total !== shown && ` of ${total.toLocaleString("en")}`}{" "}
        {one ? what.replace(/ies$/, "y").replace(/s$/, "") : what}
        {total === null && hasMore && ", and more"}
      </span>
      {hasMore && (
        <Button size="sm" disabled={loading} onClick={onMore}>
          {loading ? "Loading…" : "Load more"}
        </Button>
      )}
    </div>
  );
}

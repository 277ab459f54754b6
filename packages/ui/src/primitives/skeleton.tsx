import type { ComponentProps } from "react";
import { cn } from "../cn.ts";

export function Skeleton({ className, ...props }: ComponentProps<"div">) {
  return (
    <div
      aria-hidden
      className={cn("animate-[breathe_1.6s_ease-in-out_infinite] rounded bg-muted", className)}
      {...props}
    />
  );
}

/** Rows of a list that has not arrived yet. Announced once, as "loading". */
export function SkeletonRows({ rows = 6, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-2 p-3">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-7" style={{ width: `${100 - ((row * 17) % 35)}%` }} />
      ))}
    </div>
  );
}

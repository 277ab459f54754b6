import type { ComponentProps } from "react";
import { cn } from "../cn.ts";
import { TONE_BADGE, type Tone } from "../tokens/status.ts";

export function Badge({
  tone = "neutral",
  className,
  ...props
}: ComponentProps<"span"> & { tone?: Tone }) {
  return (
    <span
      className={cn(
        "inline-flex h-5 max-w-full items-center gap-1 rounded px-1.5 text-2xs font-medium whitespace-nowrap [&_svg]:size-3 [&_svg]:shrink-0",
        TONE_BADGE[tone],
        className,
      )}
      {...props}
    />
  );
}

import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "../cn.ts";
import { TONE_BADGE, TONE_TEXT, type Tone } from "../tokens/status.ts";

/** A sentence that must not be missed, in the tone of what it says. */
export function Callout({
  tone,
  icon: Icon,
  title,
  children,
  actions,
  className,
}: {
  tone: Tone;
  icon: LucideIcon;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  className?: string;
}) {
  return (
    <div className={cn("flex gap-2.5 rounded-md px-3 py-2 text-sm", TONE_BADGE[tone], className)}>
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", TONE_TEXT[tone])} />
      <div className="min-w-0 flex-1">
        {title !== undefined && <p className="font-medium">{title}</p>}
        {children !== undefined && <div className="text-text">{children}</div>}
      </div>
      {actions}
    </div>
  );
}

"use client";

import { Button } from "@nofx/ui/primitives/button";
import { X } from "lucide-react";
import type { ReactNode } from "react";

function comeIntoView(panel: HTMLElement | null): void {
  if (panel === null || !window.matchMedia("(width < 80rem)").matches) return;
  panel.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

/**
 * The details of what is selected, beside the list on a wide screen and over its end on a narrow one. Opening moves
 * the view there, never the focus: arrow keys keep working in the graph.
 */
export function SidePanel({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <aside
      key={title}
      ref={comeIntoView}
      aria-label={`Step ${title}`}
      className="w-full scroll-mb-16 rounded-lg border border-line bg-surface shadow-card xl:sticky xl:top-4 xl:max-h-[calc(100dvh-2rem)] xl:w-[26rem] xl:shrink-0 xl:overflow-y-auto"
    >
      <div className="sticky top-12 z-10 flex h-10 items-center justify-between gap-2 rounded-t-lg border-b border-line bg-surface pr-1.5 pl-3 md:top-0">
        <h2 className="truncate font-mono text-sm font-semibold">{title}</h2>
        <Button variant="ghost" size="iconSm" aria-label="Close the step" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      <div className="p-3">{children}</div>
    </aside>
  );
}

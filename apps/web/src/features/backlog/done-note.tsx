"use client";

import { Button } from "@nofx/ui/primitives/button";
import { Undo2, X } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import type { useItemEdits } from "./use-item-edits.ts";

/** What was just done to items, in a corner of the window, with a way back. */
export function DoneNote({ edits }: { edits: ReturnType<typeof useItemEdits> }) {
  const { done, error, undo, dismiss } = edits;
  return (
    <div
      className="fixed right-4 bottom-4 z-30 flex max-w-sm flex-col gap-2"
      role="status"
      aria-live="polite"
    >
      {error !== undefined && <CommandProblem error={error} className="shadow-lifted" />}
      {done !== undefined && (
        <div className="flex items-center gap-2 rounded-md border border-line bg-raised py-1.5 pr-1.5 pl-3 text-sm shadow-lifted">
          <span className="min-w-0 flex-1 wrap-anywhere">{done.text}</span>
          {done.undo !== undefined && (
            <Button size="sm" onClick={() => void undo()}>
              <Undo2 aria-hidden />
              Undo
            </Button>
          )}
          <Button variant="ghost" size="iconSm" aria-label="Dismiss" onClick={dismiss}>
            <X aria-hidden />
          </Button>
        </div>
      )}
    </div>
  );
}

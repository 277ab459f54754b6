"use client";

import { cn } from "@nofx/ui/cn";
import type { ReactNode } from "react";

/** One of several ways, with what follows from it. */
export function Choice({
  name,
  checked,
  disabled = false,
  onChoose,
  title,
  children,
}: {
  name: string;
  checked: boolean;
  disabled?: boolean;
  onChoose: () => void;
  title: string;
  children: ReactNode;
}) {
  return (
    <label
      className={cn(
        "grid grid-cols-[auto_1fr] gap-x-2.5 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-focus",
        disabled ? "bg-muted" : "cursor-pointer hover:border-line-strong",
      )}
    >
      <input
        type="radio"
        name={name}
        checked={checked}
        disabled={disabled}
        onChange={onChoose}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <span className={cn("text-sm font-medium", disabled && "text-soft")}>{title}</span>
      <span className="col-start-2 text-xs text-soft">{children}</span>
    </label>
  );
}

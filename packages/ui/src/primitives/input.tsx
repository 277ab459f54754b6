import type { ComponentProps } from "react";
import { cn } from "../cn.ts";

const FIELD =
  "w-full min-w-0 rounded-md border border-line-strong/70 bg-surface px-2.5 text-sm text-text placeholder:text-faint hover:border-line-strong disabled:opacity-50 aria-invalid:border-bad";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn(FIELD, "h-8", className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn(FIELD, "min-h-16 py-1.5 leading-5", className)} {...props} />;
}

export function Select({ className, ...props }: ComponentProps<"select">) {
  return <select className={cn(FIELD, "h-8 pr-1.5", className)} {...props} />;
}

export function Label({ className, ...props }: ComponentProps<"label">) {
  return <label className={cn("text-xs font-medium text-soft", className)} {...props} />;
}

"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { cn } from "../cn.ts";

/** Copies a text and says so for a moment. */
export function CopyButton({
  value,
  label,
  className,
}: {
  value: string;
  label: string;
  className?: string;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_600);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      aria-label={copied ? "Copied" : label}
      title={label}
      onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
      className={cn(
        "inline-flex size-6 shrink-0 items-center justify-center rounded text-faint hover:bg-muted hover:text-text",
        copied && "text-good",
        className,
      )}
    >
      <Icon aria-hidden className="size-3.5" />
    </button>
  );
}

/** An id in short, copied whole. */
export function IdChip({ id, className }: { id: string; className?: string }) {
  return (
    <span className={cn("inline-flex items-center gap-0.5", className)}>
      <code className="font-mono text-xs text-faint" title={id}>
        {id.length > 18 ? `${id.slice(0, id.indexOf("_") + 1)}…${id.slice(-6)}` : id}
      </code>
      <CopyButton value={id} label="Copy the id" />
    </span>
  );
}

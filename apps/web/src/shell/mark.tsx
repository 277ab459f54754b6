import { cn } from "@nofx/ui/cn";

export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={cn("size-6 shrink-0", className)}>
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path d="M8 23V9h2.6l8 9.4V9H22v14h-2.6l-8-9.4V23z" className="fill-on-accent" />
    </svg>
  );
}

import { cn } from "../cn.ts";
import { TONE_FILL, type Tone } from "../tokens/status.ts";

export interface ProgressPart {
  label: string;
  value: number;
  tone: Tone;
}

/** How far something is, in parts of `total`. `label` is read out; the bar itself is decoration for the eye. */
export function Progress({
  label,
  total,
  parts,
  className,
}: {
  label: string;
  total: number;
  parts: readonly ProgressPart[];
  className?: string;
}) {
  const done = parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      className={cn("flex h-1.5 w-full overflow-hidden rounded-full bg-muted", className)}
    >
      {parts.map((part) => (
        <div
          key={part.label}
          title={`${part.value} ${part.label}`}
          className={cn("h-full transition-[width] duration-300", TONE_FILL[part.tone])}
          style={{ width: `${total === 0 ? 0 : (part.value / total) * 100}%` }}
        />
      ))}
    </div>
  );
}

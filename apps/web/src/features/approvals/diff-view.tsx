import { PlainText } from "@nofx/ui/blocks/json-view";
import { cn } from "@nofx/ui/cn";
import { diffLines } from "./diff-lines.ts";

const LOOK = {
  same: ["", " "],
  removed: ["bg-bad-soft text-bad", "−"],
  added: ["bg-good-soft text-good", "+"],
} as const;

/** What an approver made of the arguments, line by line, with what hides made visible. */
export function DiffView({
  before,
  after,
  label,
}: {
  before: unknown;
  after: unknown;
  label: string;
}) {
  const lines = diffLines(JSON.stringify(before, null, 2), JSON.stringify(after, null, 2));
  return (
    <div className="rounded-md border border-line bg-muted/60">
      <p className="border-b border-line px-3 py-1 text-2xs font-medium text-faint">{label}</p>
      <div
        role="region"
        aria-label={label}
        tabIndex={0}
        className="overflow-auto py-1 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap"
      >
        {lines.map(({ kind, text }, at) => (
          <div key={at} className={cn("px-3", LOOK[kind][0])}>
            <span aria-hidden className="mr-2 inline-block w-2 select-none">
              {LOOK[kind][1]}
            </span>
            {kind !== "same" && <span className="sr-only">{kind}: </span>}
            <PlainText text={text} />
          </div>
        ))}
      </div>
    </div>
  );
}

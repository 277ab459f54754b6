"use client";

import type { PulledPlug } from "@nofx/core/api";
import { cn } from "@nofx/ui/cn";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { CheckCircle2, CircleDashed } from "lucide-react";
import { plugStory } from "./plug-story.ts";
import type { StepView } from "./types.ts";

/** What happens after the plug was pulled, as the run shows it. */
export function PlugWatch({
  pulled,
  step,
  onStep,
  onClose,
}: {
  pulled: PulledPlug;
  step: StepView | undefined;
  onStep: (name: string) => void;
  onClose: () => void;
}) {
  return (
    <Section
      title="The plug was pulled"
      actions={
        <span className="flex gap-2">
          <Button size="sm" onClick={() => onStep(pulled.stepName)}>
            Its attempts
          </Button>
          <Button size="sm" variant="ghost" onClick={onClose}>
            Close
          </Button>
        </span>
      }
      bodyClassName="p-3"
    >
      <ol aria-live="polite" className="flex flex-col gap-1.5 text-sm">
        {plugStory(pulled, step).map((beat, at) => {
          const Icon = beat.done ? CheckCircle2 : CircleDashed;
          return (
            <li key={at} className={cn("flex gap-2", !beat.done && "text-faint")}>
              <Icon
                aria-label={beat.done ? "Done" : "To come"}
                className={cn("mt-0.5 size-4 shrink-0", beat.done ? "text-good" : "text-faint")}
              />
              <span className="wrap-anywhere">{beat.text}</span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

import type { PulledPlug } from "@nofx/core/api";
import type { StepView } from "./types.ts";

export interface Beat {
  done: boolean;
  text: string;
}

/** What follows when a worker is frozen in mid-step, each told as done once the run shows it. */
export function plugStory(
  pulled: PulledPlug,
  step: Pick<StepView, "epoch" | "attempts"> | undefined,
): Beat[] {
  const moved = step !== undefined && step.epoch > pulled.epoch;
  const taker = step?.attempts.find((attempt) => attempt.epoch > pulled.epoch)?.executor;
  const refused =
    step?.attempts.some(
      (attempt) => attempt.epoch === pulled.epoch && attempt.refusedAt !== null,
    ) ?? false;
  return [
    {
      done: true,
      text: `${pulled.worker} is frozen with ${pulled.stepName} in its hands (epoch ${pulled.epoch}).`,
    },
    {
      done: moved,
      text: moved
        ? `Its lease ran out: ${taker ?? pulled.standby} took the step over (epoch ${pulled.epoch} → ${step.epoch}).`
        : `Its lease runs out, and ${pulled.standby} takes the step over.`,
    },
    {
      done: refused,
      text: refused
        ? `${pulled.worker} came back with a result of epoch ${pulled.epoch}. It was refused, and nothing was changed.`
        : `${pulled.worker} thaws after ${Math.round(pulled.freezeSeconds)} s; what it then brings is refused.`,
    },
  ];
}

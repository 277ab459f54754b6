import type { FiringView, ScheduleView } from "@nofx/core/api";
import type { StatusLook } from "@nofx/ui/tokens/status";
import {
  CheckCircle2,
  CircleDot,
  CirclePause,
  CircleSlash,
  SkipForward,
  TimerOff,
  XCircle,
} from "lucide-react";

/** How a schedule stands, as colour, icon and word. */
export function scheduleLook({
  status,
  nextAt,
}: Pick<ScheduleView, "status" | "nextAt">): StatusLook {
  if (status === "paused") return { label: "Paused", tone: "wait", icon: CirclePause };
  return nextAt === null
    ? { label: "Over", tone: "ended", icon: CircleSlash }
    : { label: "Active", tone: "good", icon: CircleDot };
}

export const FIRING_LOOK: Record<FiringView["outcome"], StatusLook> = {
  fired: { label: "Fired", tone: "good", icon: CheckCircle2 },
  skipped_overlap: { label: "Skipped", tone: "ended", icon: SkipForward },
  missed: { label: "Missed", tone: "warn", icon: TimerOff },
  failed: { label: "Not started", tone: "bad", icon: XCircle },
};

/** Why an instant began nothing; undefined where it began a run. */
export function sayFiring(firing: Pick<FiringView, "outcome" | "occurrences" | "error">) {
  switch (firing.outcome) {
    case "fired":
      return undefined;
    case "skipped_overlap":
      return "the run before was still going";
    case "missed":
      return firing.occurrences === 1
        ? "no scheduler was there for it"
        : `${firing.occurrences.toLocaleString("en")} instants in a row: no scheduler was there for them`;
    case "failed":
      return firing.error ?? "its task could not be made";
  }
}

/** The policies in words. */
export function sayPolicies(
  schedule: Pick<ScheduleView, "overlap" | "missed" | "catchUp" | "jitterSeconds">,
): { overlap: string; missed: string; jitter: string | undefined } {
  const { overlap, missed, catchUp, jitterSeconds } = schedule;
  return {
    overlap:
      overlap === "skip" ? "left out while the run before goes on" : "begins beside the run before",
    missed:
      missed === "skip"
        ? "left out"
        : catchUp === 1
          ? "the newest is made up for"
          : `the newest ${catchUp} are made up for`,
    jitter: jitterSeconds === 0 ? undefined : `up to ${jitterSeconds} s later`,
  };
}

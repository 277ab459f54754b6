import type { ComparisonRowView, PlanDifferences } from "@nofx/core/api";
import type { StatusLook } from "@nofx/ui/tokens/status";
import { CircleCheck, CircleDashed, CircleX, Hourglass, Wrench } from "lucide-react";

/** How the outcome of a model is shown. Total: a new status without a look does not compile. */
export const OUTCOME: Record<ComparisonRowView["status"], StatusLook> = {
  waiting: { label: "Not asked yet", tone: "neutral", icon: CircleDashed },
  asking: { label: "Thinking", tone: "active", icon: Hourglass },
  usable: { label: "Usable", tone: "good", icon: CircleCheck },
  repaired: { label: "Mended", tone: "warn", icon: Wrench },
  refused: { label: "Refused", tone: "bad", icon: CircleX },
  failed: { label: "No answer", tone: "bad", icon: CircleX },
};

/** What differs from our plan, in few words. */
export function sayDifferences({ counts }: PlanDifferences): string {
  const { added, removed, moved, changed } = counts;
  const said = Object.entries({ added, removed, moved, changed }).flatMap(([what, count]) =>
    count > 0 ? [`${count} ${what}`] : [],
  );
  return said.length === 0 ? "As ours" : said.join(", ");
}

/** Seconds as people say them: 40 s, 12 min, 3.5 h. */
export function saySeconds(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

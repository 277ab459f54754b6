import type { RunView } from "./types.ts";

type Seen = Pick<RunView, "compensations"> & {
  stepList: readonly Pick<RunView["stepList"][number], "name" | "status" | "pivot">[];
};

/** What undoing a run would do, in words. */
export function undoOutlook(run: Seen): { possible: boolean; sentence: string } {
  const pivot = run.stepList.find((step) => step.pivot && step.status === "succeeded");
  if (pivot !== undefined) {
    return {
      possible: false,
      sentence: `${pivot.name} is done, and it is a point of no return: nothing of this run is undone any more.`,
    };
  }
  const names = run.compensations
    .filter((one) => one.status === "registered")
    .map((one) => one.stepName);
  if (names.length === 0) {
    return { possible: false, sentence: "Nothing that it did has an undo." };
  }
  const latestFirst = [...new Set(names.toReversed())];
  const shown = latestFirst.slice(0, 3).join(", ");
  const more = latestFirst.length > 3 ? ` and ${latestFirst.length - 3} more` : "";
  return { possible: true, sentence: `Undoes ${shown}${more}, the latest first.` };
}

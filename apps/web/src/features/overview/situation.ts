import { formatRelative } from "@nofx/ui/hooks/format-time";

export interface Facts {
  /** When each waiting approval that the reader may decide ends. */
  mine: readonly number[];
  /** Approvals that wait for somebody else. */
  others: number;
  running: number;
  /** Runs with work left that none of their steps is at. */
  resting: number;
  failed: number;
}

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/** One sentence, worst first: what needs the reader; said in words too when nothing does. */
export function sayWhatNeedsYou(facts: Facts, now: number): string {
  const parts: string[] = [];
  if (facts.mine.length > 0) {
    const soonest = formatRelative(Math.min(...facts.mine), now);
    parts.push(
      `${count(facts.mine.length, "approval needs", "approvals need")} your decision, the first ends ${soonest}`,
    );
  }
  if (facts.failed > 0) parts.push(`${count(facts.failed, "run", "runs")} failed lately`);
  if (facts.running > 0) parts.push(`${count(facts.running, "run is", "runs are")} going`);
  if (facts.resting > 0) parts.push(count(facts.resting, "run waits", "runs wait"));
  if (facts.others > 0) {
    parts.push(`${count(facts.others, "approval waits", "approvals wait")} for somebody else`);
  }
  const sentence = parts.length === 0 ? "" : `${parts.join("; ")}.`;
  return facts.mine.length > 0 || facts.failed > 0
    ? sentence
    : `Nothing needs you. ${sentence}`.trim();
}

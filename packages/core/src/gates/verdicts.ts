import { Verdict } from "../vocabulary/index.ts";
import type { Evaluation } from "./judge-plan.ts";

/** `block` over `warn` over `allow`; nothing found is `allow`. */
export function worstVerdict(verdicts: Iterable<Verdict>): Verdict {
  let worst = 0;
  for (const verdict of verdicts) worst = Math.max(worst, Verdict.options.indexOf(verdict));
  return Verdict.options[worst] ?? "allow";
}

/** 100 when clean, 10 less a warning but not under 50; with a block 40, 10 less for each further one, not under 0. */
export function scoreOf(verdicts: readonly Verdict[]): number {
  const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length;
  const blocks = count("block");
  if (blocks > 0) return Math.max(0, 50 - 10 * blocks);
  return Math.max(50, 100 - 10 * count("warn"));
}

/** Verdict and score of the plan as a whole: the worst of its gates. */
export function overall(evaluations: readonly Evaluation[]): { verdict: Verdict; score: number } {
  return {
    verdict: worstVerdict(evaluations.map((evaluation) => evaluation.verdict)),
    score: evaluations.reduce((least, evaluation) => Math.min(least, evaluation.score), 100),
  };
}

/** The worst finding about each step that any gate mentions. */
export function verdictsByStep(evaluations: readonly Evaluation[]): Map<string, Verdict> {
  const worst = new Map<string, Verdict>();
  for (const { step, verdict } of evaluations.flatMap((evaluation) => evaluation.findings)) {
    if (step !== null) worst.set(step, worstVerdict([worst.get(step) ?? "allow", verdict]));
  }
  return worst;
}

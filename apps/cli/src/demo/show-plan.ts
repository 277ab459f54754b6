import type { PlanView } from "@nofx/core/api";
import { bold, dim, green, printable, red, yellow } from "../terminal/style.ts";

const MARKS = { allow: green("✔"), warn: yellow("!"), block: red("✖") } as const;

/** What the gates say about a plan, with their tips. */
export function showPlan(plan: PlanView): string[] {
  const lines = [`Plan ${bold(plan.title)}, version ${plan.version}: ${plan.steps} steps`];
  lines.push(...showVerdicts(plan.evaluations));
  for (const notice of whatIsMissing(plan)) lines.push(`  ${yellow("!")} ${printable(notice)}`);
  for (const blocker of plan.blockers) lines.push(`  ${yellow("→")} ${printable(blocker)}`);
  return lines;
}

/** What a plan needs that nobody offers now: it would wait for it. */
export function whatIsMissing({ forecast }: Pick<PlanView, "forecast">): readonly string[] {
  return forecast?.assumptions ?? [];
}

/** What each gate says, with its findings. */
export function showVerdicts(
  evaluations: readonly Pick<
    PlanView["evaluations"][number],
    "gate" | "verdict" | "score" | "findings"
  >[],
): string[] {
  const lines: string[] = [];
  for (const { gate, verdict, score, findings } of evaluations) {
    lines.push(`  ${MARKS[verdict]} ${gate} gate: ${verdict} (score ${score})`);
    for (const finding of findings) {
      const step = finding.step === null ? "" : `${finding.step}: `;
      lines.push(`    ${MARKS[finding.verdict]} ${printable(step + finding.reason)}`);
      if (finding.tip !== "") lines.push(dim(`      ${printable(finding.tip)}`));
    }
  }
  return lines;
}

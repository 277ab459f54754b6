import { best, improveUntil, type ScheduleProblem, start } from "@nofx/core/planner/schedule";
import type { Instance } from "./instances.ts";

const now = () => performance.now();

/** One row: schedules of all instances within `seconds` each, beside the best known, which may have taken `times` as long. */
export function deviations(
  title: string,
  instances: readonly Instance[],
  seconds: number,
  times: number,
): string {
  let deviation = 0;
  let asGood = 0;
  let proven = 0;
  let above = 0;
  let iterations = 0;
  let spent = 0;
  for (const { problem, optimum } of instances) {
    const began = now();
    const found = improveUntil(start(problem, 1), began + seconds * 1_000, now);
    spent += now() - began;
    iterations += found.iterations;
    const known = optimum ?? Math.min(found.makespan, long(problem, seconds * times));
    deviation += found.makespan / known - 1;
    if (found.makespan <= known) asGood++;
    if (found.optimal) proven++;
    above += found.makespan / criticalPath(problem) - 1;
  }
  const percent = (sum: number) => `${((100 * sum) / instances.length).toFixed(3)} %`;
  const cells = [
    `${instances.length} of ${title}`,
    seconds,
    percent(deviation),
    asGood,
    proven,
    percent(above),
    Math.round((1_000 * iterations) / spent).toLocaleString("en"),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Another seed, so that it is another search and not the same for longer. */
function long(problem: ScheduleProblem, seconds: number): number {
  return best(improveUntil(start(problem, 2), now() + seconds * 1_000, now)).makespan;
}

/** The usual measure of hardness: what the makespan would be if resources had no limit. */
function criticalPath(problem: ScheduleProblem): number {
  return start(
    { resources: {}, tasks: problem.tasks.map((task) => ({ ...task, requires: {} })) },
    1,
  ).makespan;
}

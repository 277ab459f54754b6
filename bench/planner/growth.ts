import {
  analyse,
  best,
  checkProblem,
  type ScheduleProblem,
  start,
} from "@nofx/core/planner/schedule";
import { prng } from "@nofx/core/testing";

const DEPENDENCIES_A_TASK = 3;

/** Three dependencies a task, mostly on tasks not long before it; agents of some capabilities, and locks. */
function plan(size: number): ScheduleProblem {
  const random = prng(size);
  const below = (bound: number) => Math.floor(random() * bound);
  const capabilities = ["code", "review", "test", "write", "design"];
  return {
    resources: {
      ...Object.fromEntries(capabilities.map((name) => [name, 20])),
      ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`repository-${i}`, 1])),
    },
    tasks: Array.from({ length: size }, (_, i) => ({
      id: `t${i}`,
      duration: 60 + below(3_600),
      requires: {
        [capabilities[below(capabilities.length)] as string]: 1,
        ...(random() < 0.3 && { [`repository-${below(50)}`]: 1 }),
      },
      after: [
        ...new Set(
          Array.from(
            { length: Math.min(i, DEPENDENCIES_A_TASK) },
            () => `t${Math.max(0, i - 1 - below(500))}`,
          ),
        ),
      ],
    })),
  };
}

/** One row: what the pure part of a plan of this size takes. */
export function growth(size: number): string {
  const problem = plan(size);
  const timed = <T>(work: () => T): [T, string] => {
    const began = performance.now();
    const result = work();
    return [result, `${Math.round(performance.now() - began)} ms`];
  };
  const [issues, check] = timed(() => checkProblem(problem));
  if (issues.length > 0) throw new Error(issues[0]?.message);
  const [state, first] = timed(() => start(problem, 1));
  const { starts } = best(state);
  const [, slack] = timed(() => analyse(problem, starts));
  const arcs = problem.tasks.reduce((sum, { after }) => sum + after.length, 0);
  const above = `${(100 * (state.makespan / state.lowerBound - 1)).toFixed(1)} %`;
  const cells = [size.toLocaleString("en"), arcs.toLocaleString("en"), check, first, above, slack];
  return `| ${cells.join(" | ")} |`;
}

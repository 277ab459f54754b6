import type { ScheduleProblem } from "@nofx/core/planner/schedule";

/** Reads an instance in Patterson's format: sizes, capacities, then for each task duration, demands and successors. */
export function readRcp(text: string): ScheduleProblem {
  const numbers = text.trim().split(/\s+/).map(Number);
  let place = 0;
  const next = () => numbers[place++] as number;
  const size = next();
  const count = next();
  const names = Array.from({ length: count }, (_, r) => `R${r + 1}`);
  const resources = Object.fromEntries(names.map((name) => [name, next()]));
  const after: string[][] = Array.from({ length: size }, () => []);
  const rows = Array.from({ length: size }, (_, i) => {
    const duration = next();
    const requires = Object.fromEntries(names.map((name) => [name, next()]));
    for (let left = next(); left > 0; left--) after[next() - 1]?.push(`t${i + 1}`);
    return { duration, requires };
  });
  return {
    resources,
    tasks: rows.map((row, i) => ({ id: `t${i + 1}`, ...row, after: after[i] as string[] })),
  };
}

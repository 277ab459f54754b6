import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ScheduleProblem } from "@nofx/core/planner/schedule";
import { generate } from "./generate.ts";
import { readRcp } from "./read-rcp.ts";

export interface Instance {
  readonly name: string;
  readonly problem: ScheduleProblem;
  /** The optimum, where the folder has it in optimum/optimum.csv. */
  readonly optimum?: number;
}

/** All `.rcp` files of a folder. */
export function readInstances(folder: string): Instance[] {
  const lines = readFileSync(join(folder, "optimum", "optimum.csv"), "utf8")
    .trim()
    .split("\n");
  const optima = new Map(lines.map((line) => line.split(",") as [string, string]));
  const files = readdirSync(folder).filter((name) => name.endsWith(".rcp"));
  return files.map((name) => ({
    name,
    problem: readRcp(readFileSync(join(folder, name), "utf8")),
    ...(optima.has(name) && { optimum: Number(optima.get(name)) }),
  }));
}

/** The parameters of the standard sets; those of 120 tasks have scarcer resources. */
const COMPLEXITIES = [1.5, 1.8, 2.1];
const FACTORS = [0.25, 0.5, 0.75, 1];
const STRENGTHS = [0.2, 0.5, 0.7, 1];
const STRENGTHS_OF_120 = [0.1, 0.2, 0.3, 0.4, 0.5];
/** Relatively prime to the number of parameter sets, so that the first instances are of all kinds. */
const STRIDE = 7;

/** The first `count` of one instance for each set of parameters. */
export function generateInstances(tasks: number, count: number): Instance[] {
  const shapes = COMPLEXITIES.flatMap((complexity) =>
    FACTORS.flatMap((factor) =>
      (tasks < 120 ? STRENGTHS : STRENGTHS_OF_120).map((strength) => ({
        tasks,
        complexity,
        factor,
        strength,
      })),
    ),
  );
  return Array.from({ length: Math.min(count, shapes.length) }, (_, i) => {
    const place = (i * STRIDE) % shapes.length;
    const shape = shapes[place] as (typeof shapes)[number];
    return { name: `${tasks}-${place}`, problem: generate(shape, 1_000 + place) };
  });
}

import { issuesFromZod, NofxError } from "@nofx/core/errors";
import {
  best,
  checkProblem,
  improve,
  improveUntil,
  ScheduleProblem,
  start,
} from "@nofx/core/planner/schedule";
import { z } from "zod";
import { Sentence } from "../errors.ts";
import { read } from "../read-input.ts";

const count = (what: string) =>
  z
    .number(`${what} must be a number`)
    .refine((value) => Number.isSafeInteger(value), `${what} must be a whole number`)
    .refine((value) => value >= 0, `${what} must not be negative`);

/** What `nofx schedule` reads. */
export const ScheduleRequest = ScheduleProblem.extend({
  timeBudgetMs: count("the time budget").default(2_000),
  seed: z
    .number("the seed must be a number")
    .refine((value) => Number.isSafeInteger(value), "the seed must be a whole number")
    .default(1),
  /** In place of the time budget: the same result on every machine. */
  iterations: count("iterations").optional(),
});
export type ScheduleRequest = z.infer<typeof ScheduleRequest>;

/** What `nofx schedule` prints. */
export interface ScheduleAnswer {
  readonly makespan: number;
  readonly lowerBound: number;
  readonly iterations: number;
  readonly starts: Readonly<Record<string, number>>;
}

/** `nofx schedule FILE.json`: the scheduler alone, without a server. */
export async function scheduleFile(file: string): Promise<void> {
  const text = await read(file);
  const began = performance.now();
  const answer = answerTo(readRequest(text), began, () => performance.now());
  console.log(JSON.stringify(answer));
}

export function readRequest(text: string): ScheduleRequest {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Sentence(`The file is not JSON: ${(error as Error).message}.`);
  }
  const parsed = ScheduleRequest.safeParse(document);
  const issues = parsed.success ? checkProblem(parsed.data) : issuesFromZod(parsed.error);
  if (parsed.success && issues.length === 0) return parsed.data;
  throw new NofxError("invalid_input", { detail: "There is no schedule for this.", issues });
}

/** The time budget counts from `began`; where iterations are given they count alone. */
export function answerTo(
  request: ScheduleRequest,
  began: number,
  now: () => number,
): ScheduleAnswer {
  const { timeBudgetMs, iterations, seed } = request;
  const first = start(request, seed);
  const last =
    iterations === undefined
      ? improveUntil(first, began + timeBudgetMs, now)
      : improve(first, iterations);
  const { makespan, starts } = best(last);
  return { makespan, lowerBound: last.lowerBound, iterations: last.iterations, starts };
}

import { setTimeout as delay } from "node:timers/promises";
import { task } from "@nofx/sdk";
import { z } from "zod";

/** What a session tells the agents that take part in it; alone, an agent is told nothing. */
const Part = z.looseObject({
  role: z.enum(["lead", "doer", "reviewer", "worker", "member", "merger"]),
  round: z.int().optional(),
  member: z.int().optional(),
  draft: z.object({ total: z.number() }).optional(),
  results: z.array(z.object({ status: z.string(), output: z.unknown() })).optional(),
});

const CrewInput = z.object({
  numbers: z.array(z.number()).default([]),
  /** How long it thinks, so that somebody can pull its plug meanwhile. */
  workMs: z.int().min(0).max(60_000).default(1_000),
  session: Part.optional(),
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/**
 * Adds numbers, in every role that there is: alone; as a pair, whose first draft has a slip that the reviewer finds; as a lead that gives
 * out parts and puts them together; as a member of a swarm that votes. The same agent in each role, as sessions ask for one capability.
 */
export const crew = task("crew.sum")
  .input(CrewInput)
  .run(async (ctx, { numbers, workMs, session }) => {
    ctx.log(`${session?.role ?? "alone"}: ${numbers.length} numbers`);
    await ctx.step("think", async () => {
      await delay(workMs, undefined, { signal: ctx.signal });
      return true;
    });
    const total = sum(numbers);
    switch (session?.role) {
      case "lead": {
        const half = Math.ceil(numbers.length / 2);
        const part = (name: string, of: number[]) => ({ name, input: { numbers: of, workMs } });
        return {
          subtasks: [part("left", numbers.slice(0, half)), part("right", numbers.slice(half))],
        };
      }
      case "merger":
        return { total: sum((session.results ?? []).map(({ output }) => totalOf(output))) };
      case "doer":
        return { total: session.round === 1 ? total + 1 : total };
      case "reviewer": {
        const isRight = session.draft?.total === total;
        return isRight
          ? { verdict: "accept", score: 1 }
          : { verdict: "revise", feedback: "Add them again: the total is not right.", score: 0 };
      }
      case "member":
        return { total, vote: total, score: 1, member: session.member };
      default:
        return { total };
    }
  });

function totalOf(output: unknown): number {
  return z.object({ total: z.number() }).parse(output).total;
}

import type { ModelMessage } from "ai";
import type { TaskContext } from "../../tasks/index.ts";
import { endOf, usageOf, type Result, type Turn } from "./answer.ts";

/** An agent of the AI SDK, with whatever options, tools, context and output. */
export interface AnyAgent {
  readonly version: "agent-v1";
  // oxlint-disable-next-line typescript/no-explicit-any -- its parameters differ with all of them
  generate(options: any): PromiseLike<Result>;
}

const NOTHING_USED = { inputTokens: 0, outputTokens: 0 };

/**
 * An agent's turns, one after another: each call of `next` lets it go on until it would call its model again. So what it
 * said and did is stored before the next call is made, without the agent's doing.
 */
export interface Turns {
  next(): Promise<Turn>;
  /** Ends it where it is. */
  stop(): void;
}

export function followTurns(
  ctx: TaskContext,
  agent: AnyAgent,
  messages: ModelMessage[],
  options: unknown,
): Turns {
  const stopping = new AbortController();
  const abortSignal = AbortSignal.any([ctx.signal, stopping.signal]);
  let given = Promise.withResolvers<Turn>();
  let asked = Promise.withResolvers<void>();
  let started = false;
  let turn: Turn = { messages: [], usage: NOTHING_USED, end: null };
  abortSignal.addEventListener("abort", () => asked.resolve(), { once: true });

  /** Gives what there is of this turn, and waits until the next one is asked for. */
  async function handOver(): Promise<void> {
    given.resolve(turn);
    turn = { messages: [], usage: NOTHING_USED, end: null };
    if (!abortSignal.aborted) await asked.promise;
  }

  async function run(): Promise<void> {
    const result = await agent.generate({
      messages,
      options,
      abortSignal,
      onStepStart: async (event: { messages: ModelMessage[] }) => {
        // Tools that people approved have been used before the first call.
        if (!started) turn.messages.push(...event.messages.slice(messages.length));
        started = true;
        if (turn.messages.length > 0) await handOver();
      },
      onStepEnd: (step: {
        response: { messages: ModelMessage[] };
        usage: Parameters<typeof usageOf>[0];
      }) => {
        turn.messages.push(...step.response.messages);
        turn.usage = usageOf(step.usage);
      },
    });
    turn.end = endOf(result);
    given.resolve(turn);
  }

  let running: Promise<void> | undefined;
  return {
    next() {
      if (running === undefined) {
        running = run().catch((error: unknown) => given.reject(error));
      } else {
        given = Promise.withResolvers<Turn>();
        const { resolve } = asked;
        asked = Promise.withResolvers<void>();
        resolve();
      }
      return given.promise;
    },
    stop: () => stopping.abort(new Error("the step has ended")),
  };
}

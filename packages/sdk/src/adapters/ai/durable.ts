import { APICallError, wrapLanguageModel, type ToolExecutionOptions, type ToolSet } from "ai";
import { setTimeout as delay } from "node:timers/promises";
import { PermanentError } from "../../errors/index.ts";
import type { TaskContext } from "../../tasks/index.ts";
import { retryAfterSeconds } from "../retry-after.ts";
import { failureOf } from "./failure-of.ts";
import { fromStored, toStored, type Generated } from "./stored-result.ts";

type Model = Parameters<typeof wrapLanguageModel>[0]["model"];

/** What an agent is made with so that each of its calls is made once, however often its step is tried again. */
export interface Durable {
  /** The step, for tools that ask people, wait, or store files. */
  readonly ctx: TaskContext;
  /** The model, with each call of it a checkpoint. */
  model(model: Model): ReturnType<typeof wrapLanguageModel>;
  /** The tools, with each use of them a checkpoint; what a tool throws is kept too, since the model is told of it. */
  tools<T extends ToolSet>(tools: T): T;
}

const TRIES = 3;
const MAX_PAUSE_MS = 60_000;

export interface DurableCalls extends Durable {
  /** Throws what a tool threw for the step, not for the model, which the AI SDK keeps to itself. */
  assertFine(): void;
}

/** Calls are told apart by their order, which is the same each time since their answers are. */
export function durableCalls(ctx: TaskContext): DurableCalls {
  let calls = 0;
  const counts = new Map<string, number>();
  let fatal: { error: unknown } | undefined;
  const assertFine = () => {
    if (fatal !== undefined) throw fatal.error;
  };
  /** Some providers number their tool calls from the start in each answer. */
  const nth = (id: string) => {
    const n = (counts.get(id) ?? 0) + 1;
    counts.set(id, n);
    return n === 1 ? id : `${id} ${n}`;
  };
  return {
    ctx,
    assertFine,
    model: (model) =>
      wrapLanguageModel({
        model,
        middleware: {
          wrapGenerate: async ({ doGenerate }) => {
            assertFine();
            const key = ++calls;
            return fromStored(
              await ctx.step("model", { key }, async () =>
                toStored(await generate(ctx, doGenerate)),
              ),
            );
          },
        },
      }),
    tools: (tools) => {
      const wrap = (tool: ToolSet[string]) =>
        withCheckpoint(ctx, tool, nth, (error) => {
          fatal ??= { error };
        });
      const wrapped = Object.entries(tools).map(([name, tool]) => [name, wrap(tool)]);
      return Object.fromEntries(wrapped) as typeof tools;
    },
  };
}

/** Tried again here, inside the checkpoint: outside, another try would be another call. */
async function generate(ctx: TaskContext, doGenerate: () => PromiseLike<Generated>) {
  for (let tried = 1; ; tried++) {
    try {
      return await doGenerate();
    } catch (error) {
      ctx.signal.throwIfAborted();
      const pause = tried < TRIES ? pauseAfter(error, tried) : undefined;
      if (pause === undefined) throw failureOf(error, Date.now());
      ctx.log(`model: ${(error as Error).message}; asking again`, "warn");
      await delay(pause, undefined, { signal: ctx.signal });
    }
  }
}

function pauseAfter(error: unknown, tried: number): number | undefined {
  if (!APICallError.isInstance(error) || !error.isRetryable) return undefined;
  const asked = retryAfterSeconds((name) => error.responseHeaders?.[name], Date.now());
  const pause = asked === undefined ? 1_000 * 2 ** (tried - 1) : asked * 1_000;
  return pause <= MAX_PAUSE_MS ? pause : undefined;
}

type Outcome = { result: unknown } | { error: string };

function withCheckpoint(
  ctx: TaskContext,
  tool: ToolSet[string],
  nth: (id: string) => string,
  onFatal: (error: unknown) => void,
): ToolSet[string] {
  const { execute } = tool;
  if (execute === undefined) return tool;
  const run = async (input: never, options: ToolExecutionOptions<never>) => {
    const outcome = await ctx
      .step("tool", { key: nth(options.toolCallId) }, async (): Promise<Outcome> => {
        try {
          return { result: jsonOf(await lastOf(execute(input, options))) };
        } catch (error) {
          ctx.signal.throwIfAborted();
          if (PermanentError.is(error)) throw error;
          return { error: error instanceof Error ? error.message : String(error) };
        }
      })
      .catch((error: unknown) => {
        onFatal(error);
        throw error;
      });
    if ("error" in outcome) throw new Error(outcome.error);
    return outcome.result;
  };
  return { ...tool, execute: run as typeof execute };
}

/** As the model is shown it. */
function jsonOf(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

/** Tools may give several results while they go on; the last one counts. */
async function lastOf(given: unknown): Promise<unknown> {
  if (typeof given !== "object" || given === null || !(Symbol.asyncIterator in given)) return given;
  let last: unknown;
  for await (const part of given as AsyncIterable<unknown>) last = part;
  return last;
}

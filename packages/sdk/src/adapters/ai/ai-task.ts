import type { ModelMessage } from "ai";
import type { SchemaInput, SchemaOutput, StandardSchema } from "../../schema/index.ts";
import { task, type AnyTask, type Task, type TaskContext } from "../../tasks/index.ts";
import { Conversation, messagesOf } from "../conversation.ts";
import { AiAnswer } from "./answer.ts";
import { byCalls, byTurns, converse } from "./converse.ts";
import { durableCalls, type Durable } from "./durable.ts";
import { failureOf } from "./failure-of.ts";
import type { AnyAgent } from "./turns.ts";

export interface AiOptions<
  I extends StandardSchema = typeof Conversation,
  O extends StandardSchema = typeof AiAnswer,
> {
  /**
   * An agent as it is: what it has said and done is stored each time before it calls its model again. Or a function that
   * makes one with the models and tools it is given: then each call of a model and each use of a tool is stored by itself,
   * so that a tool is not used again for what came after it.
   */
  agent: AnyAgent | ((durable: Durable) => AnyAgent);
  /** `{ prompt }` or `{ messages }` unless told; with one of your own, say in `prompt` what is asked. */
  input?: I | undefined;
  prompt?: ((input: SchemaOutput<I>) => string | readonly ModelMessage[]) | undefined;
  /** The call options of an agent that has some. */
  options?: ((input: SchemaOutput<I>) => unknown) | undefined;
  /** With it, what has to fit is the agent's own output, or what `result` makes of its answer; without, an `AiAnswer`. */
  output?: O | undefined;
  result?: ((answer: AiAnswer) => SchemaInput<O>) | undefined;
}

/**
 * An agent of the AI SDK as a task. A step that is tried again, or whose process died, goes on where it was. Tools that need
 * approval ask the control plane's people, and no process waits for them. The agent's `abortSignal` fires when the lease is lost
 * or the run cancelled. Failures of providers fail the attempt or the step as they say of themselves.
 */
export function aiTask<
  I extends StandardSchema = typeof Conversation,
  O extends StandardSchema = typeof AiAnswer,
>(capability: string, options: AiOptions<I, O>): Task<I, O> {
  if (options.input !== undefined && options.prompt === undefined) {
    throw new TypeError("prompt: say what the agent is asked, given an input of your own");
  }
  const { output, result = output === undefined ? asIs : ownOutput } = options;
  return task(capability)
    .input(options.input ?? Conversation)
    .output(output ?? AiAnswer)
    .run(async (ctx: TaskContext, given: unknown) => {
      const input = given as SchemaOutput<I>;
      const messages = beginning(options, input);
      const called = options.options?.(input);
      const answer = await runAgent(ctx, options.agent, messages, called);
      const { inputTokens, outputTokens } = answer.usage;
      ctx.log(`${inputTokens} tokens in, ${outputTokens} out, ${answer.finishReason}`);
      return result(answer);
    }) as AnyTask as Task<I, O>;
}

async function runAgent(
  ctx: TaskContext,
  agent: AnyAgent | ((durable: Durable) => AnyAgent),
  messages: ModelMessage[],
  called: unknown,
): Promise<AiAnswer> {
  const durable = durableCalls(ctx);
  try {
    const goOn =
      typeof agent === "function"
        ? byCalls(ctx, agent(durable), called)
        : byTurns(ctx, agent, called);
    const answer = await converse(ctx, goOn, messages);
    durable.assertFine();
    return answer;
  } catch (error) {
    ctx.signal.throwIfAborted();
    durable.assertFine();
    throw failureOf(error, Date.now());
  }
}

function beginning<I extends StandardSchema, O extends StandardSchema>(
  { prompt }: AiOptions<I, O>,
  input: SchemaOutput<I>,
): ModelMessage[] {
  const asked = prompt === undefined ? messagesOf(input as Conversation) : prompt(input);
  return typeof asked === "string" ? [{ role: "user", content: asked }] : [...asked];
}

const asIs = (answer: AiAnswer): unknown => answer;
const ownOutput = (answer: AiAnswer): unknown => answer.output;

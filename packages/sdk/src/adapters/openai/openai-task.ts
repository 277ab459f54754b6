import type { z } from "zod";
import type { Fetch } from "../../client/index.ts";
import { permanent } from "../../errors/index.ts";
import type { SchemaOutput, StandardSchema } from "../../schema/index.ts";
import { task, type AnyTask, type Task, type TaskContext } from "../../tasks/index.ts";
import { Conversation, messagesOf, type ConversationMessage } from "../conversation.ts";
import { readText } from "../read-text.ts";
import { answerOf, Completion, OpenaiAnswer } from "./completion.ts";
import { failureOf } from "./failure-of.ts";

export interface OpenaiOptions<
  I extends StandardSchema = typeof Conversation,
  O extends z.ZodType = typeof OpenaiAnswer,
> {
  /** Up to where `/chat/completions` follows, like `http://127.0.0.1:11434/v1`. */
  url: string;
  /** Sent as `Authorization: Bearer`. A function is asked each time, so that a key can change. */
  key?: string | (() => string | Promise<string>) | undefined;
  model: string;
  /** What the endpoint is told before the conversation. */
  instructions?: string | undefined;
  /** `{ prompt }` or `{ messages }` unless told; with one of your own, say in `prompt` what is asked. */
  input?: I | undefined;
  prompt?: ((input: SchemaOutput<I>) => string | readonly ConversationMessage[]) | undefined;
  /** With it, the answer is one JSON value that has to fit; without, the output is an `OpenaiAnswer`. */
  output?: O | undefined;
  /** More of the request: `temperature`, `max_tokens` and the like. */
  parameters?: Record<string, unknown> | undefined;
  headers?: Record<string, string> | undefined;
  /** How long one answer may take; 240 unless told. */
  timeoutSeconds?: number | undefined;
  fetch?: Fetch | undefined;
}

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * An OpenAI-compatible endpoint (chat completions) as a task. Its answer is a checkpoint: it is asked once, whatever
 * happens afterwards. 408, 409, 425, 429, 5xx and a broken line fail the attempt, not before `Retry-After`; another refusal
 * fails the step for good.
 */
export function openaiTask<
  I extends StandardSchema = typeof Conversation,
  O extends z.ZodType = typeof OpenaiAnswer,
>(capability: string, options: OpenaiOptions<I, O>): Task<I, O> {
  if (options.input !== undefined && options.prompt === undefined) {
    throw new TypeError("prompt: say what is asked, given an input of your own");
  }
  const at = new URL("chat/completions", `${options.url.replace(/\/+$/, "")}/`);
  return task(capability)
    .input(options.input ?? Conversation)
    .output(options.output ?? OpenaiAnswer)
    .run(async (ctx: TaskContext, input: unknown) => {
      const answer = await ctx.step("answer", () =>
        ask(ctx, at, options, requestOf(options, input as SchemaOutput<I>)),
      );
      ctx.log(
        `${answer.model}: ${answer.usage.inputTokens} tokens in, ${answer.usage.outputTokens} out, ${answer.finishReason}`,
      );
      return options.output === undefined ? answer : parse(answer);
    }) as AnyTask as Task<I, O>;
}

function requestOf<I extends StandardSchema, O extends z.ZodType>(
  options: OpenaiOptions<I, O>,
  input: SchemaOutput<I>,
) {
  const { model, instructions, prompt, output, parameters } = options;
  const asked = prompt === undefined ? messagesOf(input as Conversation) : prompt(input);
  const said = typeof asked === "string" ? [{ role: "user", content: asked }] : asked;
  return {
    ...parameters,
    model,
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system", content: instructions }]),
      ...said,
    ],
    ...(output === undefined ? {} : { response_format: formatOf(output) }),
  };
}

function formatOf(output: z.ZodType) {
  const schema = output["~standard"].jsonSchema.output({ target: "draft-2020-12" });
  return { type: "json_schema", json_schema: { name: "answer", schema } };
}

async function ask<I extends StandardSchema, O extends z.ZodType>(
  ctx: TaskContext,
  at: URL,
  options: OpenaiOptions<I, O>,
  body: object,
): Promise<OpenaiAnswer> {
  const { key, headers, timeoutSeconds = 240, fetch: send = fetch } = options;
  const bearer = typeof key === "function" ? await key() : key;
  const timeout = AbortSignal.timeout(timeoutSeconds * 1_000);
  const where = `${at.host} (${options.model})`;
  let response: Response;
  let text: string;
  try {
    response = await send(at.href, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "idempotency-key": ctx.info.stepId,
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.any([ctx.signal, timeout]),
    });
    text = await readText(response, MAX_BYTES);
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (timeout.aborted) {
      throw new Error(`${where} took longer than ${timeoutSeconds} s.`, { cause: error });
    }
    throw error;
  }
  if (!response.ok) throw failureOf(response, text, where, Date.now());
  const completion = Completion.safeParse(jsonOf(text));
  if (!completion.success) {
    throw new Error(
      `${where} answered something that is no chat completion: ${text.slice(0, 200)}`,
    );
  }
  const refusal = completion.data.choices[0]?.message.refusal;
  if (refusal) throw permanent(`${where} refused: ${refusal.slice(0, 500)}`);
  return answerOf(completion.data, options.model);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same question again would get the stored answer, so what is no JSON stays so. */
function parse(answer: OpenaiAnswer): unknown {
  const value = jsonOf(answer.text.replace(/^\s*```(?:json)?\s*|\s*```\s*$/g, ""));
  if (value !== undefined) return value;
  throw permanent(
    `The model did not answer in JSON (${answer.finishReason}): ${answer.text.slice(0, 200)}`,
  );
}

import { ModelError } from "../errors/index.ts";
import type { LlmAnswer } from "../tasks/index.ts";
import { z } from "zod";

const Completion = z.object({
  model: z.string(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z.string().nullish(),
          tool_calls: z
            .array(
              z.object({
                id: z.string(),
                function: z.object({ name: z.string(), arguments: z.string() }),
              }),
            )
            .nullish(),
        }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

/** A completion in OpenAI's form, and what the endpoint says of it in headers. */
export function readAnswer(answer: unknown, headers: Headers): LlmAnswer {
  const parsed = Completion.safeParse(answer);
  const choice = parsed.data?.choices[0];
  if (parsed.data === undefined || choice === undefined) {
    throw new ModelError({
      code: "bad_response",
      status: 200,
      message: "The model endpoint's answer does not have the expected form",
      class: "retryable",
      cause: parsed.error,
    });
  }
  const { model, usage } = parsed.data;
  return {
    text: choice.message.content ?? "",
    model: headers.get("nofx-model") ?? model,
    provider: headers.get("nofx-provider") ?? "",
    callId: headers.get("nofx-call-id") ?? "",
    finishReason: choice.finish_reason ?? "stop",
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
    costUsd: headers.get("nofx-cost-usd") ?? "0",
    toolCalls: (choice.message.tool_calls ?? []).map(({ id, function: call }) => ({ id, ...call })),
  };
}

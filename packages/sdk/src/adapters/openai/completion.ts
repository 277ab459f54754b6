import { z } from "zod";

/** As much of a chat completion as is used. Endpoints differ in the rest. */
export const Completion = z.object({
  model: z.string().optional(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z
    .object({ prompt_tokens: z.number().optional(), completion_tokens: z.number().optional() })
    .nullish(),
});
export type Completion = z.infer<typeof Completion>;

/** The output of a task that declares none. */
export const OpenaiAnswer = z.object({
  text: z.string(),
  model: z.string(),
  finishReason: z.string(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
});
export type OpenaiAnswer = z.infer<typeof OpenaiAnswer>;

export function answerOf(completion: Completion, asked: string): OpenaiAnswer {
  const [choice] = completion.choices;
  return {
    text: choice?.message.content ?? "",
    model: completion.model ?? asked,
    finishReason: choice?.finish_reason ?? "unknown",
    usage: {
      inputTokens: completion.usage?.prompt_tokens ?? 0,
      outputTokens: completion.usage?.completion_tokens ?? 0,
    },
  };
}

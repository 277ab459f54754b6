import { z } from "zod";

/** What a task that talks to a model takes, unless it declares its own. */
export const Conversation = z.union([
  z.object({ prompt: z.string().min(1) }),
  z.object({
    messages: z
      .array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() }))
      .min(1),
  }),
]);
export type Conversation = z.infer<typeof Conversation>;

export type ConversationMessage = Extract<Conversation, { messages: unknown }>["messages"][number];

export function messagesOf(input: Conversation): ConversationMessage[] {
  return "messages" in input ? input.messages : [{ role: "user", content: input.prompt }];
}

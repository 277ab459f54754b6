import { z } from "zod";

/** OpenAI's error shape, which its clients read. */
export const OpenAiErrorBody = z.object({
  error: z.object({
    message: z.string(),
    type: z.string().meta({ example: "invalid_request_error" }),
    /** The field of the request that is wrong, like `messages[0].content`. */
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
export type OpenAiErrorBody = z.infer<typeof OpenAiErrorBody>;

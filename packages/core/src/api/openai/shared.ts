import { z } from "zod";

/** As OpenAI names functions, with room for the longer and dotted names of others. */
export const ToolName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,128}$/, "expected 1 to 128 letters, digits, _, - or .");

export const JsonSchemaObject = z.record(z.string(), z.unknown());

/** Where Google's models put what they want back with a call of a tool; servers of its protocol do the same. */
export const GoogleExtra = z
  .looseObject({ google: z.looseObject({ thought_signature: z.string().nullish() }).nullish() })
  .nullish();

/** Up to 16 pairs that OpenAI keeps with a call. */
export const CallMetadata = z.record(z.string().max(64), z.string().max(512)).nullish();

export const ReasoningEffort = z.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);
export type ReasoningEffort = z.infer<typeof ReasoningEffort>;

/** Of both APIs, and with the same meaning. */
export const samplingFields = {
  model: z.string().min(1).max(200),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  metadata: CallMetadata,
  user: z.string().max(512).nullish(),
  safety_identifier: z.string().max(512).nullish(),
  prompt_cache_key: z.string().max(512).nullish(),
  service_tier: z.string().max(64).nullish(),
  store: z.boolean().nullish(),
};

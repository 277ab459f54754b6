import { z } from "zod";

/** `provider/model`: the provider's name up to the first slash, the rest as the provider calls it. */
export const ModelId = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][a-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._:@/-]*$/, "expected provider/model")
  .meta({ description: "Provider and model", example: "simulated/careful" });

/** What a model can do; a request names what it needs of these. */
export const ModelCapability = z.enum([
  "text",
  "json",
  "tools",
  "vision",
  "embeddings",
  "streaming",
  "reasoning",
]);
export type ModelCapability = z.infer<typeof ModelCapability>;

export function splitModelId(id: string): { provider: string; model: string } {
  const slash = id.indexOf("/");
  return { provider: id.slice(0, slash), model: id.slice(slash + 1) };
}

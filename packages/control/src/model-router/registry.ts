import type { LanguageModelV4 } from "@ai-sdk/provider";
import { SIMULATED_MODELS, splitModelId } from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";
import { z } from "zod";

/** A provider that speaks OpenAI's protocol, as NOFX_LLM_PROVIDERS names it. */
export const CompatibleProvider = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .refine((name) => name !== "simulated", "this name is taken"),
  baseUrl: z.url({ protocol: /^https?$/ }),
  /** The environment variable that holds the key, none for servers that want none. Other variables cannot be named, nor sent away. */
  apiKeyEnv: z
    .string()
    .regex(/^NOFX_LLM_KEY_[A-Z0-9_]+$/)
    .optional(),
  /** What it serves, as it calls them. */
  models: z.array(z.string().min(1).max(150)).min(1).max(100),
  /** False where it does not know answers by a JSON Schema: then it is asked for any JSON. */
  structuredOutputs: z.boolean().default(true),
});
export type CompatibleProvider = z.infer<typeof CompatibleProvider>;

/** NOFX_LLM_PROVIDERS: a JSON list. */
export const CompatibleProviders = z
  .string()
  .transform((text, ctx) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      ctx.addIssue({ code: "custom", message: "is not JSON" });
      return z.NEVER;
    }
  })
  .pipe(z.array(CompatibleProvider).max(50));

/** The port: models by `provider/model`, all behind the AI SDK's interface. */
export interface ModelRegistry {
  /** Undefined where this process has no such model. Nothing is ever simulated that was not asked for by that name. */
  find(id: string): Promise<LanguageModelV4 | undefined>;
  /** The ids of the models that this process can ask, the simulated ones last. */
  available(): string[];
  /** The key that this process was given for one of its providers, for the address that it was given with and no other. */
  keyOf(provider: string, baseUrl: string | null): string | undefined;
  /** Whether one of its providers knows answers by a JSON Schema. */
  knowsSchemas(provider: string): boolean;
}

export function createModelRegistry(options: {
  clock: Clock;
  providers?: readonly CompatibleProvider[];
  /** What the name of a key's variable stands for. */
  readKey?: (name: string) => string | undefined;
}): ModelRegistry {
  const { clock, providers = [], readKey = () => undefined } = options;
  const named = (provider: string) => providers.find(({ name }) => name === provider);
  return {
    async find(id) {
      const { provider, model } = splitModelId(id);
      if (provider === "simulated") {
        const { simulatedModel } = await import("./simulated.ts");
        return simulatedModel(model, clock);
      }
      const found = providers.find((one) => one.name === provider && one.models.includes(model));
      if (found === undefined) return undefined;
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const apiKey = found.apiKeyEnv === undefined ? undefined : readKey(found.apiKeyEnv);
      return createOpenAICompatible({
        name: found.name,
        baseURL: found.baseUrl,
        ...(apiKey !== undefined && { apiKey }),
        supportsStructuredOutputs: found.structuredOutputs,
      }).chatModel(model);
    },
    available: () => [
      ...providers.flatMap(({ name, models }) => models.map((model) => `${name}/${model}`)),
      ...SIMULATED_MODELS.map(({ name }) => `simulated/${name}`),
    ],
    keyOf(provider, baseUrl) {
      const found = named(provider);
      if (found?.apiKeyEnv === undefined || found.baseUrl !== baseUrl) return undefined;
      return readKey(found.apiKeyEnv);
    },
    knowsSchemas: (provider) => named(provider)?.structuredOutputs ?? true,
  };
}

import type { EmbeddingModelV4, LanguageModelV4 } from "@ai-sdk/provider";
import { headerProblem } from "@nofx/core/model-router";
import { adaptOptions } from "./adapt-options.ts";
import { failureOf } from "./failure-of.ts";
import { fetchFiles } from "./fetch-files.ts";
import { guardEmbeddingModel } from "./guard-embedding-model.ts";
import { guardModel } from "./guard-model.ts";
import { isHeaderValue } from "./is-header-value.ts";
import { ProviderFailure } from "./provider-failure.ts";
import type { ProviderFetch } from "./provider-network.ts";
import type { ProviderDeps, ProviderRoute } from "./provider-route.ts";
import { said } from "./refusal-of.ts";
import { secretFilter } from "./secret-filter.ts";

/** The model behind a route, asked with this secret. Whatever goes wrong with it is thrown as a ProviderFailure. */
export async function providerModel(
  route: ProviderRoute,
  secret: string | null,
  deps: ProviderDeps,
): Promise<LanguageModelV4> {
  const { kind } = route;
  const { language } = await modelsOf(route, secret, deps);
  return guardModel(made(language), {
    kind,
    filter: secretFilter(secret),
    prepare: (model, options) => fetchFiles(deps.network, model, adaptOptions(kind, options)),
  });
}

/** As `providerModel`, for embeddings. */
export async function providerEmbeddingModel(
  route: ProviderRoute,
  secret: string | null,
  deps: ProviderDeps,
): Promise<EmbeddingModelV4> {
  const { embedding } = await modelsOf(route, secret, deps);
  if (embedding === undefined) {
    throw new ProviderFailure("model_missing", `${route.provider} makes no embeddings.`);
  }
  return guardEmbeddingModel(made(embedding));
}

function made<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw failureOf(error, undefined);
  }
}

interface Models {
  readonly language: () => LanguageModelV4;
  readonly embedding?: () => EmbeddingModelV4;
}

async function modelsOf(
  route: ProviderRoute,
  secret: string | null,
  deps: ProviderDeps,
): Promise<Models> {
  const { kind, model } = route;
  if (kind === "simulated") return simulated(model, deps);
  checkRoute(route);
  if (secret !== null && !isHeaderValue(secret)) {
    throw new ProviderFailure(
      "unauthorized",
      "The key has characters that no key has, perhaps a line break: put it in again.",
    );
  }
  // given in any case: the SDK would look for keys and addresses in the environment of this process
  const settings = {
    apiKey: secret ?? "",
    baseURL: route.baseUrl ?? OWN_BASE_URL[kind],
    headers: { ...route.headers },
    fetch: secret === null ? withoutKey(deps.network.fetch) : deps.network.fetch,
  };
  switch (kind) {
    case "openai": {
      const { createOpenAI } = await import("@ai-sdk/openai");
      const openai = createOpenAI(settings);
      return {
        language: () => (deps.api === "responses" ? openai.responses(model) : openai.chat(model)),
        embedding: () => openai.embeddingModel(model),
      };
    }
    case "anthropic": {
      const { createAnthropic } = await import("@ai-sdk/anthropic");
      return { language: () => createAnthropic(settings).languageModel(model) };
    }
    case "google": {
      const { createGoogle } = await import("@ai-sdk/google");
      const google = createGoogle(settings);
      return {
        language: () => google.languageModel(model),
        embedding: () => google.embeddingModel(model),
      };
    }
    case "mistral": {
      const { createMistral } = await import("@ai-sdk/mistral");
      const mistral = createMistral(settings);
      return {
        language: () => mistral.languageModel(model),
        embedding: () => mistral.embeddingModel(model),
      };
    }
    case "openai_compatible": {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const compatible = createOpenAICompatible({
        ...settings,
        // under this name the SDK looks for options: a provider may be named like another kind, whose options are not for it
        name: "openaiCompatible",
        includeUsage: true,
        supportsStructuredOutputs: route.structuredOutputs ?? true,
      });
      return {
        language: () => compatible.chatModel(model),
        embedding: () => compatible.embeddingModel(model),
      };
    }
  }
}

async function simulated(name: string, { clock }: ProviderDeps): Promise<Models> {
  const { simulatedEmbedder, simulatedModel } = await import("../simulated.ts");
  const found = <T>(model: T | undefined): T => {
    if (model === undefined) throw said("model_missing");
    return model;
  };
  return {
    language: () => found(simulatedModel(name, clock)),
    embedding: () => found(simulatedEmbedder(name, clock)),
  };
}

const OWN_BASE_URL = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com/v1",
  google: "https://generativelanguage.googleapis.com/v1beta",
  mistral: "https://api.mistral.ai/v1",
  openai_compatible: "",
} as const;

/** A path and no more: what follows is put behind it. */
const BASE_PATH = /^[\w.~%:@/-]*$/;

function checkRoute({ kind, provider, baseUrl, model, headers }: ProviderRoute): void {
  const text = baseUrl ?? OWN_BASE_URL[kind as keyof typeof OWN_BASE_URL];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.search !== "" || url.hash !== "" || !BASE_PATH.test(url.pathname)) {
    throw new ProviderFailure("address_refused", "The base URL is not an address with a path.");
  }
  if (model.split("/").some((part) => part === ".." || part === ".")) throw said("model_missing");
  for (const [name, value] of Object.entries(headers)) {
    const problem = headerProblem(name, value);
    if (problem === undefined) continue;
    const message = `A header of ${provider} cannot be sent: ${problem}.`;
    throw new ProviderFailure("address_refused", message);
  }
}

/** For servers that want no key: an empty one is not sent. */
function withoutKey(fetch: ProviderFetch): ProviderFetch {
  return (input, init = {}) => {
    const headers = Object.fromEntries(
      Object.entries((init.headers ?? {}) as Record<string, string>).filter(
        ([name]) => !["authorization", "x-api-key", "x-goog-api-key"].includes(name.toLowerCase()),
      ),
    );
    return fetch(input, { ...init, headers });
  };
}

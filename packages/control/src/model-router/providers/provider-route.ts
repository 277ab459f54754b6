import type { EmbeddingModelV4, LanguageModelV4 } from "@ai-sdk/provider";
import type { Clock } from "@nofx/core/seams";
import type { AllowedHosts, Lookup } from "../../net/index.ts";

/** Whose wire format is spoken. As `llm_providers.kind`. */
export type WireKind =
  | "simulated"
  | "openai"
  | "anthropic"
  | "google"
  | "mistral"
  | "openai_compatible";

/** Of a decided route what the call needs. */
export interface ProviderRoute {
  readonly provider: string;
  readonly model: string;
  readonly kind: WireKind;
  /** Null: the provider's own. */
  readonly baseUrl: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** False where a compatible server does not know answers by JSON Schema. */
  readonly structuredOutputs?: boolean;
}

export interface ProviderDeps {
  readonly clock: Clock;
  /** What an operator allows although it is not public. */
  readonly allowed: AllowedHosts;
  readonly lookup?: Lookup;
  /** Which of OpenAI's APIs is asked where the provider is OpenAI itself: the one that the client speaks. */
  readonly api?: "chat" | "responses";
}

/** The model behind a route, asked with this secret. What it throws is always a ProviderFailure without the provider's own words. */
export type ProviderModel = (
  route: ProviderRoute,
  secret: string | null,
  deps: ProviderDeps,
) => Promise<LanguageModelV4>;

export type ProviderEmbeddingModel = (
  route: ProviderRoute,
  secret: string | null,
  deps: ProviderDeps,
) => Promise<EmbeddingModelV4>;

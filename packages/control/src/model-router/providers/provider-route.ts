import type { Route } from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";
import type { ProviderNetwork } from "./provider-network.ts";

/** Of a decided route what a call needs. */
export interface ProviderRoute extends Pick<
  Route,
  "provider" | "model" | "kind" | "baseUrl" | "headers"
> {
  /** False where a compatible server does not know answers by JSON Schema. */
  readonly structuredOutputs?: boolean;
}

export interface ProviderDeps {
  readonly clock: Clock;
  readonly network: ProviderNetwork;
  /** Which of OpenAI's APIs is asked where the provider is OpenAI itself: the one that the client speaks. */
  readonly api?: "chat" | "responses";
}

import { z } from "zod";
import type { HealthView } from "./health/health-view.ts";
import type { ModelCapability } from "./model-id.ts";
import type { DatedPrice } from "./prices.ts";

/** Which protocol a provider is asked in; `simulated` makes its answers up on this machine. */
export const ProviderKind = z.enum([
  "simulated",
  "openai",
  "anthropic",
  "google",
  "mistral",
  "openai_compatible",
]);
export type ProviderKind = z.infer<typeof ProviderKind>;

/** A model at one provider in one region, as it could be asked now. */
export interface Candidate {
  readonly provider: string;
  readonly model: string;
  /** `default` where the provider tells none. */
  readonly region: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Whose key in the vault; null where none is needed. */
  readonly keyName: string | null;
  /** Other names of the model; with * at the end: all that begin so. */
  readonly aliases?: readonly string[];
  /** Null where nobody knows: then nothing is refused for its length. */
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly capabilities: readonly ModelCapability[];
  /** 0 to 1; null where nobody has judged it. */
  readonly quality: number | null;
  readonly prices: readonly DatedPrice[];
  /** sha256 of `priceDigestInput(prices)`. */
  readonly priceDigest: string;
  readonly enabled: boolean;
  readonly health: HealthView;
}

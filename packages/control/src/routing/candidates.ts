import {
  layPrices,
  priceDigestInput,
  type Candidate,
  type ModelCapability,
  type StoredPrice,
} from "@nofx/core/model-router";
import type {
  RoutingConfig,
  RoutingModelRow,
  RoutingPriceRow,
  RoutingProviderRow,
} from "@nofx/db/queries";
import type { CompatibleProvider } from "../model-router/registry.ts";

/** A candidate without its health, which changes more often than all the rest. */
export type KnownCandidate = Omit<Candidate, "health">;

/** Nobody has said what such a server can do: what most can. */
const USUAL: readonly ModelCapability[] = ["text", "json", "tools", "streaming"];

/**
 * What a tenant's calls can go to. A provider that the process was given itself is called where the process was told, whatever rows
 * there are of its name: its key is the operator's.
 */
export function candidatesOf(
  { providers, models, prices }: RoutingConfig,
  configured: readonly CompatibleProvider[],
  sha256: (text: string) => string,
): KnownCandidate[] {
  const pricesOf = Map.groupBy(prices, ({ provider, model }) => `${provider}/${model}`);
  const modelsOf = Map.groupBy(models, ({ provider }) => provider);
  const candidate = (
    provider: Omit<RoutingProviderRow, "enabled">,
    model: RoutingModelRow,
    enabled: boolean,
  ): KnownCandidate => {
    const rows = pricesOf.get(`${model.provider}/${model.name}`) ?? [];
    const laid = layPrices(rows.map(toStoredPrice));
    return {
      provider: provider.name,
      model: model.name,
      region: provider.region,
      kind: provider.kind,
      baseUrl: provider.base_url,
      headers: provider.headers,
      keyName: provider.key_name,
      aliases: model.aliases,
      contextTokens: model.context_tokens,
      maxOutputTokens: model.max_output_tokens,
      capabilities: model.capabilities as ModelCapability[],
      quality: model.quality,
      prices: laid,
      priceDigest: sha256(priceDigestInput(laid)),
      enabled,
    };
  };
  const given = new Set(configured.map(({ name }) => name));
  return [
    ...configured.flatMap(({ name, baseUrl, models: served }) =>
      served.map((model) => {
        const known = modelsOf.get(name)?.find((row) => row.name === model);
        return candidate(
          {
            name,
            region: "default",
            kind: "openai_compatible",
            base_url: baseUrl,
            headers: {},
            key_name: null,
          },
          known ?? unknownModel(name, model),
          known?.enabled ?? true,
        );
      }),
    ),
    ...providers
      .filter(({ name }) => !given.has(name))
      .flatMap((provider) =>
        (modelsOf.get(provider.name) ?? []).map((model) =>
          candidate(provider, model, provider.enabled && model.enabled),
        ),
      ),
  ];
}

function toStoredPrice(row: RoutingPriceRow): StoredPrice {
  const pico = (text: string | null) => (text === null ? null : BigInt(text));
  return {
    from: row.from,
    aboveTokens: row.above_tokens,
    own: row.own,
    withdrawn: row.withdrawn,
    input: BigInt(row.input),
    output: BigInt(row.output),
    cacheRead: pico(row.cache_read),
    cacheWrite: pico(row.cache_write),
    reasoning: pico(row.reasoning),
  };
}

const unknownModel = (provider: string, name: string): RoutingModelRow => ({
  provider,
  name,
  aliases: [],
  context_tokens: null,
  max_output_tokens: null,
  capabilities: [...USUAL],
  quality: null,
  enabled: true,
});

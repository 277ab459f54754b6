import { deriveModels, PROVIDERS } from "./derive-prices.ts";

// The models and prices of @pydantic/genai-prices as the seed of a migration: one line a model, to standard output.

process.stdout.write(
  `${PROVIDERS.flatMap(([provider]) => deriveModels(provider))
    .map((row) => JSON.stringify(row))
    .join(",\n")}\n`,
);

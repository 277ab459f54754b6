import type { OpenAiModelList } from "@nofx/core/api/openai";

/** What `GET /v1/models` answers. `createdAt` in seconds. */
export function modelList(
  models: readonly { id: string; provider: string; createdAt: number }[],
): OpenAiModelList {
  return {
    object: "list",
    data: models.map(({ id, provider, createdAt }) => ({
      id,
      object: "model",
      created: createdAt,
      owned_by: provider,
    })),
  };
}

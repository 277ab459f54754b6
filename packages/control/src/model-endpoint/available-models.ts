import type { Plane } from "../command/plane.ts";
import { splitModelId } from "@nofx/core/model-router";

/** What can be asked for by name, and `auto`. */
export async function availableModels(
  plane: Plane,
  _tenantId: string,
): Promise<{ id: string; provider: string; createdAt: number }[]> {
  return plane.models
    .available()
    .map((id) => ({ id, provider: splitModelId(id).provider, createdAt: 0 }));
}

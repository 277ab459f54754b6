import type { Plane } from "../command/plane.ts";

/** What can be asked for by name in the tenant, the simulated ones last. */
export async function availableModels(
  plane: Plane,
  tenantId: string,
): Promise<{ id: string; provider: string; createdAt: number }[]> {
  const { candidates } = await plane.routing.view(tenantId);
  const enabled = candidates().filter((one) => one.enabled);
  const models = new Map(
    [
      ...enabled.filter(({ kind }) => kind !== "simulated"),
      ...enabled.filter(({ kind }) => kind === "simulated"),
    ].map(({ provider, model }) => [`${provider}/${model}`, provider]),
  );
  return [...models].map(([id, provider]) => ({ id, provider, createdAt: 0 }));
}

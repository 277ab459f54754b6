import type { Plane } from "../command/plane.ts";

export interface AvailableModel {
  readonly id: string;
  readonly provider: string;
  readonly createdAt: number;
}

/** What this tenant can ask for by name now: its models, its policies, and `auto`. */
export async function availableModels(plane: Plane, tenantId: string): Promise<AvailableModel[]> {
  const view = await plane.routing.view(tenantId);
  const [anyPolicy] = view.policies.values();
  // asked so, everything stands in: what is made up on this machine is listed too
  const candidates =
    anyPolicy === undefined
      ? []
      : view.candidatesFor("simulated/careful", { ...anyPolicy, named: "first" });
  const models = candidates
    .filter(({ enabled }) => enabled)
    .map(({ provider, model }) => ({ id: `${provider}/${model}`, provider, createdAt: 0 }));
  const chosen = ["auto", ...[...view.policies.keys()].map((name) => `policy:${name}`)];
  return [
    ...chosen.map((id) => ({ id, provider: "nofx", createdAt: 0 })),
    // one in several regions is one
    ...new Map(models.map((one) => [one.id, one])).values(),
  ];
}

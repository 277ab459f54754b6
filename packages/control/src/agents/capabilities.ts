import { believe, Sample, type Declared } from "@nofx/core/agents";
import type { DeclaredCapability } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { declareCapabilities, listAgentCapabilities, type Executor } from "@nofx/db/queries";
import { z } from "zod";

const PICO = 1e12;
const Recent = z.array(Sample);

export type CapabilityInput = string | DeclaredCapability;

export function namesOf(inputs: readonly CapabilityInput[]): string[] {
  const names = inputs.map((one) => (typeof one === "string" ? one : one.capability));
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice === -1) return names;
  throw new NofxError("invalid_input", {
    issues: [{ path: `/capabilities/${twice}`, message: `names ${names[twice]} a second time` }],
  });
}

/** Stores what an author declares, and what is to be believed then. A name alone leaves what was declared before. */
export async function declare(
  db: Executor,
  agent: { tenantId: string; id: string },
  inputs: readonly CapabilityInput[],
): Promise<void> {
  const declared = inputs.filter((one) => typeof one !== "string");
  if (declared.length === 0) return;
  const rows = await listAgentCapabilities(db, agent);
  const recentOf = new Map(rows.map((row) => [row.capability, readRecent(row.recent)]));
  await declareCapabilities(
    db,
    agent,
    declared.map((one) => {
      const costPico =
        one.costPerOperation === undefined ? null : Math.round(one.costPerOperation * PICO);
      const said: Declared = {
        successRate: one.successRate,
        latencyMs: one.averageLatencyMs,
        costPico,
      };
      const believed = believe(said, recentOf.get(one.capability) ?? []);
      return {
        capability: one.capability,
        title: one.title ?? null,
        proficiency: one.proficiencyLevel ?? null,
        resources: one.resourceRequirements ?? null,
        declared_success_rate: one.successRate ?? null,
        declared_latency_ms: one.averageLatencyMs ?? null,
        declared_cost_pico: costPico,
        success_rate: believed.successRate,
        latency_ms: believed.latencyMs,
        cost_pico: believed.costPico,
      };
    }),
  );
}

export function readRecent(value: unknown): Sample[] {
  return Recent.parse(value ?? []);
}

export function usd(pico: number | null): number | null {
  return pico === null ? null : pico / PICO;
}

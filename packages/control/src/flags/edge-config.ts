import { readSwitches } from "@nofx/core/flags";
import type { createClient } from "@vercel/edge-config";
import type { FlagSource } from "./flag-reader.ts";

type Client = ReturnType<typeof createClient>;

/** Under which key a tenant's flags are kept. */
export const edgeConfigKey = (tenantId: string) => `nofx_flags_${tenantId}`;

/**
 * Reads flags from a Vercel Edge Config: one item a tenant, `{"FEATURE_AUTO_PLANNER": false, "at": "2026-11-21T10:00:00Z"}`, where
 * `at` is the time of the newest change in it. The package is loaded at the first question.
 */
export function edgeConfigSource(connection: string): FlagSource {
  let client: Promise<Client> | undefined;
  return {
    async read(tenantId) {
      client ??= import("@vercel/edge-config").then((edge) =>
        // what is stale is worse than asking the table
        edge.createClient(connection, {
          cache: "no-store",
          staleIfError: 0,
          disableDevelopmentCache: true,
        }),
      );
      const item: unknown = await (await client).get(edgeConfigKey(tenantId));
      if (typeof item !== "object" || item === null) return undefined;
      const at = Date.parse(String(Reflect.get(item, "at")));
      return { states: readSwitches(item), asOf: Number.isNaN(at) ? undefined : at };
    },
  };
}

import type { ProviderList, ProviderView } from "@nofx/core/api";
import { listProviders as loadProviders, type ProviderRecord } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** Who can be called and how: the product's providers, the tenant's own in their place, and the server's own before both. */
export function listProviders(ctx: MemberContext): Promise<ProviderList> {
  return runQuery(ctx, z.object({}), {}, async (tx) => ({
    providers: await viewProviders(ctx, tx),
  }));
}

export async function viewProviders(
  ctx: MemberContext,
  tx: CommandTransaction,
): Promise<ProviderView[]> {
  const { configured } = ctx.plane.routing;
  const given = new Set(configured.map(({ name }) => name));
  const rows = await loadProviders(tx.db, ctx.tenantId);
  const environment = configured.map(({ name, baseUrl, models }): ProviderView => ({
    name,
    region: "default",
    title: rows.find((row) => row.name === name)?.title ?? name,
    kind: "openai_compatible",
    origin: "environment",
    enabled: true,
    baseUrl,
    headers: {},
    keyName: null,
    usable: true,
    missing: null,
    probe: false,
    models: models.length,
    updatedBy: null,
    updatedAt: null,
  }));
  return [...environment, ...rows.filter(({ name }) => !given.has(name)).map(viewProvider)];
}

function viewProvider(row: ProviderRecord): ProviderView {
  const { name, region, title, kind, own, enabled, headers, probe, models, has_key } = row;
  return {
    name,
    region,
    title,
    kind,
    origin: own ? "tenant" : "product",
    enabled,
    baseUrl: row.base_url,
    headers,
    keyName: row.key_name,
    usable: enabled && has_key,
    missing: has_key ? null : "key",
    probe,
    models,
    updatedBy: own ? row.updated_by : null,
    updatedAt: own ? row.updated_at.toISOString() : null,
  };
}

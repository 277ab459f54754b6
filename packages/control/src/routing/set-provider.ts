import { SetProviderInput, type ProviderView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { putProvider, type ProviderDraft } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { viewProviders } from "./list-providers.ts";
import { checkProviderUrl } from "./provider-url.ts";

const MOST_OWN = 100;

/** Says how a provider is called, all of it at once. The tenant's own stands in place of the product's of that name. */
export async function setProvider(
  ctx: MemberContext,
  input: z.input<typeof SetProviderInput>,
): Promise<ProviderView> {
  const spec = {
    name: "providers.set",
    permission: "router.manage",
    input: SetProviderInput,
  } as const;
  const view = await runCommand(ctx, spec, input, async (tx, provider) => {
    refuseReserved(ctx, provider.name);
    const { kind, baseUrl, title = provider.name } = provider;
    if (kind === "openai_compatible" && baseUrl === null) {
      throw new NofxError("invalid_input", {
        detail: "Nobody knows where such a provider is called: give its base URL.",
        issues: [{ path: "/baseUrl", message: "is needed for openai_compatible" }],
      });
    }
    const url = baseUrl === null ? null : checkProviderUrl(baseUrl, ctx.plane.allowedHosts);
    return storeProvider(ctx, tx, { ...provider, title, baseUrl: url });
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return view;
}

/** What the operator or the product defines alone. */
export function refuseReserved(ctx: MemberContext, name: string): void {
  if (name === "simulated") {
    throw new NofxError("conflict", {
      detail:
        "The simulated provider comes with the product and cannot be changed. It is asked only where it is named, or where there is nothing else.",
    });
  }
  if (ctx.plane.routing.configured.some((one) => one.name === name)) {
    throw new NofxError("conflict", {
      detail: `Whoever runs the server defines "${name}" by NOFX_LLM_PROVIDERS. Use another name.`,
    });
  }
}

export async function storeProvider(
  ctx: MemberContext,
  tx: CommandTransaction,
  provider: Omit<ProviderDraft, "tenantId" | "by">,
): Promise<ProviderView> {
  const { name, region, kind, enabled, baseUrl, headers, keyName, probe } = provider;
  await putProvider(tx.db, { ...provider, tenantId: ctx.tenantId, by: ctx.actor.id });
  const views = await viewProviders(ctx, tx);
  if (views.filter(({ origin }) => origin === "tenant").length > MOST_OWN) {
    throw new NofxError("conflict", {
      detail: `A tenant has at most ${MOST_OWN} providers of its own. Remove one.`,
    });
  }
  tx.emit({ type: "provider.changed", payload: { provider: name, region, enabled } });
  await tx.audit("provider.changed", {
    provider: name,
    region,
    kind,
    enabled,
    base_url: baseUrl,
    headers: Object.keys(headers),
    key_name: keyName,
    probe,
  });
  const stored = views.find((one) => one.name === name && one.region === region);
  if (stored === undefined) throw new NofxError("internal", { detail: `${name} is not there.` });
  return stored;
}

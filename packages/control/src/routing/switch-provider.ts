import { SwitchProviderInput, type ProviderView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { listProviders } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { refuseReserved, storeProvider } from "./set-provider.ts";

/** Switches a provider on or off for the tenant. One that comes with the product becomes its own by that. */
export async function switchProvider(
  ctx: MemberContext,
  input: z.input<typeof SwitchProviderInput>,
): Promise<ProviderView> {
  const spec = {
    name: "providers.switch",
    permission: "router.manage",
    input: SwitchProviderInput,
  } as const;
  const view = await runCommand(ctx, spec, input, async (tx, { name, region, enabled }) => {
    refuseReserved(ctx, name);
    const rows = await listProviders(tx.db, ctx.tenantId);
    const found = rows.find((row) => row.name === name && row.region === region);
    if (found === undefined) throw noProvider(name, region);
    return storeProvider(ctx, tx, {
      name,
      region,
      enabled,
      title: found.title,
      kind: found.kind,
      baseUrl: found.base_url,
      headers: found.headers,
      keyName: found.key_name,
      probe: found.probe,
    });
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return view;
}

export function noProvider(name: string, region: string): NofxError {
  return new NofxError("not_found", {
    detail: `There is no provider "${name}" in region ${region}. The page Providers and npx nofx providers list them.`,
  });
}

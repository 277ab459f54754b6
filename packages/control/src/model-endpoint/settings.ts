import { EndpointSettings, SetEndpointInput } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { findEndpointSettings, forgetKeptAnswers, putEndpointSettings } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand, runQuery } from "../command/run-command.ts";

/** What the tenant says of its endpoint, with what holds where it says nothing. */
export function getEndpointSettings(
  ctx: MemberContext,
  input: Record<string, never> = {},
): Promise<EndpointSettings> {
  return runQuery(ctx, z.object({}), input, async (tx) =>
    EndpointSettings.parse(await findEndpointSettings(tx.db, ctx.tenantId)),
  );
}

/** Changes what is named. Heeded everywhere within three seconds. */
export function setEndpointSettings(
  ctx: MemberContext,
  input: z.input<typeof SetEndpointInput>,
): Promise<EndpointSettings> {
  const spec = {
    name: "modelEndpoint.set",
    permission: "settings.write",
    input: SetEndpointInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, wanted) => {
    const own = {
      ...((await findEndpointSettings(tx.db, ctx.tenantId)) as object),
      ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
    };
    const settings = EndpointSettings.parse(own);
    if (settings.cache === "semantic" && settings.embeddingsModel === null) {
      throw new NofxError("invalid_input", {
        issues: [
          {
            path: "/embeddingsModel",
            message: "to compare by meaning takes a model of embeddings",
          },
        ],
      });
    }
    await putEndpointSettings(tx.db, ctx.tenantId, own);
    await tx.audit("setting.changed", { key: "model_endpoint", value: own });
    return settings;
  });
}

/** Forgets every kept answer of the tenant at once. */
export function forgetAnswers(
  ctx: MemberContext,
  input: Record<string, never> = {},
): Promise<{ forgotten: number }> {
  const spec = {
    name: "modelEndpoint.forgetAnswers",
    permission: "settings.write",
    input: z.object({}),
  } as const;
  return runCommand(ctx, spec, input, async (tx) => ({
    forgotten: await forgetKeptAnswers(tx.db, ctx.tenantId),
  }));
}

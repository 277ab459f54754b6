import { SetModelInput, type ModelView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { splitModelId, type ModelCapability } from "@nofx/core/model-router";
import {
  countOwnModels,
  listLlmModels,
  listProviders,
  putModel,
  type LlmModelRecord,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { listModels } from "../model-router/list-models.ts";
import type { CommandTransaction } from "../command/transaction.ts";

const MOST_OWN = 1_000;
const USUAL: readonly ModelCapability[] = ["text", "json", "tools", "streaming"];

/** Says what a model is like, as the tenant knows it. What is left out stays as it was; an unknown model of a known provider is new. */
export async function setModel(
  ctx: MemberContext,
  input: z.input<typeof SetModelInput>,
): Promise<ModelView> {
  const spec = { name: "models.set", permission: "router.manage", input: SetModelInput } as const;
  const id = await runCommand(ctx, spec, input, async (tx, { model: id, ...said }) => {
    const { provider, model: name } = splitModelId(id);
    await refuseUnknownProvider(ctx, tx, provider);
    const known = (await listLlmModels(tx.db, ctx.tenantId)).find(
      (one) => one.provider === provider && one.model === name,
    );
    if (known?.own !== true && (await countOwnModels(tx.db, ctx.tenantId)) >= MOST_OWN) {
      throw new NofxError("conflict", {
        detail: `A tenant has settings of its own for at most ${MOST_OWN} models. Remove some.`,
      });
    }
    const next = { ...before(name, known), ...given(said) };
    await putModel(tx.db, { ...next, tenantId: ctx.tenantId, by: ctx.actor.id, provider, name });
    tx.emit({ type: "model.changed", payload: { model: id, enabled: next.enabled } });
    await tx.audit("model.changed", {
      model: id,
      enabled: next.enabled,
      context_tokens: next.contextTokens,
      max_output_tokens: next.maxOutputTokens,
      capabilities: next.capabilities,
      quality: next.quality,
    });
    return id;
  });
  ctx.plane.routing.changed(ctx.tenantId);
  return findModel(ctx, id);
}

const before = (name: string, known: LlmModelRecord | undefined) => ({
  title: known?.title ?? name,
  contextTokens: known?.context_tokens ?? null,
  maxOutputTokens: known?.max_output_tokens ?? null,
  capabilities: known?.capabilities ?? USUAL,
  aliases: known?.aliases ?? [],
  quality: known?.quality ?? null,
  enabled: known?.enabled ?? true,
});

/** Without what was not said. */
function given<T extends object>(said: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export async function refuseUnknownProvider(
  ctx: MemberContext,
  tx: CommandTransaction,
  provider: string,
): Promise<void> {
  if (ctx.plane.routing.configured.some(({ name }) => name === provider)) return;
  const rows = await listProviders(tx.db, ctx.tenantId);
  if (rows.some(({ name }) => name === provider)) return;
  const known = [...new Set(rows.map(({ name }) => name))].join(", ");
  throw new NofxError("not_found", {
    detail: `There is no provider "${provider}". There are ${known}; define it first, on the page Providers or with npx nofx providers set ${provider}.`,
  });
}

export async function findModel(ctx: MemberContext, id: string): Promise<ModelView> {
  const { models } = await listModels(ctx, { available: "false", search: id });
  const found = models.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new NofxError("not_found", {
    detail: `There is no model ${id}. npx nofx models --all lists what is known; npx nofx models set ${id} makes it known.`,
  });
}

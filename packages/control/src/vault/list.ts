import {
  ListKeyAuditInput,
  ListKeysInput,
  OneKey,
  type KeyAuditPage,
  type KeyPage,
  type KeyView,
} from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { listKeyAudit as entries, listSecureKeys } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { readKey, viewEntry, viewKey } from "./view.ts";

/** The tenant's keys, by provider and name; of no key the secret. */
export function listKeys(
  ctx: MemberContext,
  input: z.input<typeof ListKeysInput>,
): Promise<z.infer<typeof KeyPage>> {
  return runQuery(ctx, ListKeysInput, input, async (tx, filter) => {
    const page = await listSecureKeys(tx.db, { ...filter, tenantId: ctx.tenantId });
    return { items: page.items.map(viewKey), nextCursor: page.nextCursor, total: null };
  });
}

export function getKey(ctx: MemberContext, input: z.input<typeof OneKey>): Promise<KeyView> {
  return runQuery(ctx, OneKey, input, (tx, { keyId }) =>
    readKey(ctx, tx, toUuid("secureKey", keyId)),
  );
}

/** Who did what with which key, newest first. */
export function listKeyAudit(
  ctx: MemberContext,
  input: z.input<typeof ListKeyAuditInput>,
): Promise<z.infer<typeof KeyAuditPage>> {
  return runQuery(ctx, ListKeyAuditInput, input, async (tx, { keyId, runId, ...filter }) => {
    const page = await entries(tx.db, {
      ...filter,
      tenantId: ctx.tenantId,
      keyId: keyId && toUuid("secureKey", keyId),
      runId: runId && toUuid("run", runId),
    });
    return { items: page.items.map(viewEntry), nextCursor: page.nextCursor, total: null };
  });
}

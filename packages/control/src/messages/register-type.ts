import type { RegisterTypeRequest, RegisterTypeResponse } from "@nofx/core/contract";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { putMessageType } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import { inTransaction } from "../command/transaction.ts";
import { schemaIssue } from "../tools/check-schema.ts";

/** Gives a type of the tenant's own a schema: from now on a message of it that has another form is refused. */
export function registerType(
  ctx: AgentContext,
  { name, schema }: RegisterTypeRequest,
): Promise<RegisterTypeResponse> {
  return inTransaction(ctx, async (tx) => {
    const issue = schemaIssue(schema);
    if (issue !== undefined) {
      throw new NofxError("invalid_input", { issues: [{ path: "/schema", message: issue }] });
    }
    const { tenantId, actor, plane } = ctx;
    const version = await putMessageType(tx.db, { tenantId, name, schema, by: actor });
    await tx.audit("message_type.registered", {
      type: name,
      version,
      schema_digest: plane.sha256(canonicalJson(schema)),
    });
    return { name, version };
  });
}

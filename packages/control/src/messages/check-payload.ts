import { BUS_TYPES, isOwnType, isProductType } from "@nofx/core/bus";
import { NofxError, issuesFromZod } from "@nofx/core/errors";
import { findMessageType, type Executor } from "@nofx/db/queries";
import { issuesOf } from "../tools/check-schema.ts";

/**
 * Whether a payload is as its type says; answers the version of the type. The product's types are known, a tenant's own (`x.…`) may be
 * registered and may say anything until they are.
 */
export async function checkPayload(
  tx: Executor,
  tenantId: string,
  type: string,
  payload: unknown,
): Promise<number> {
  if (isProductType(type)) {
    const parsed = BUS_TYPES[type].safeParse(payload);
    if (parsed.success) return 1;
    throw invalid(type, issuesFromZod(parsed.error, ["payload"]));
  }
  if (!isOwnType(type)) {
    throw new NofxError("message_type_unknown", {
      detail: `"${type}" is no type of the product. Types of your own begin with x., like x.${type}.`,
      data: { type, known: Object.keys(BUS_TYPES) },
    });
  }
  const registered = await findMessageType(tx, tenantId, type);
  if (registered === undefined) return 1;
  const issues = issuesOf(registered.schema, payload, ["payload"]);
  if (issues.length > 0) throw invalid(type, issues);
  return registered.version;
}

function invalid(type: string, issues: { path: string; message: string }[]): NofxError {
  return new NofxError("message_invalid", {
    detail: `A payload of type ${type} has another form.`,
    issues,
    data: { type },
  });
}

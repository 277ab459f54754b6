import { DEFAULT_PLAN_RULES } from "@nofx/core/planner";
import type { DB } from "@nofx/db/types";
import type { Transaction } from "kysely";

export interface NewTenant {
  slug: string;
  name: string;
  /** What happens to shell steps: refused, run with the worker's rights, or run in a sandbox. */
  shell: "off" | "trusted" | "sandboxed";
  /** Its people may drain workers, which serve every tenant. */
  operatesPlane?: boolean;
}

/**
 * A tenant with its settings and the rules it starts with. Whoever makes tenants is outside all of them: this runs as the
 * owner of the schema, not as a member. One that is there already is left as people have made it.
 */
export async function createTenant(
  db: Transaction<DB>,
  tenant: NewTenant,
): Promise<{ tenantId: string; created: boolean }> {
  const made = await db
    .insertInto("tenants")
    .values({
      slug: tenant.slug,
      name: tenant.name,
      operates_plane: tenant.operatesPlane ?? false,
    })
    .onConflict((conflict) => conflict.column("slug").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (made === undefined) {
    const { id } = await db
      .selectFrom("tenants")
      .select("id")
      .where("slug", "=", tenant.slug)
      .executeTakeFirstOrThrow();
    return { tenantId: id, created: false };
  }
  await db
    .insertInto("tenant_settings")
    .values({ tenant_id: made.id, key: "shell", value: JSON.stringify(tenant.shell) })
    .execute();
  await db
    .insertInto("plan_rules")
    .values(
      DEFAULT_PLAN_RULES.map((rule) => ({
        tenant_id: made.id,
        name: rule.name,
        position: rule.position,
        rule: JSON.stringify(rule),
      })),
    )
    .execute();
  return { tenantId: made.id, created: true };
}

import { randomUUID } from "node:crypto";
import type { MemberContext, Plane } from "@nofx/control/command";
import { createPool } from "@nofx/db/client";
import { seedMember, seedTenant } from "@nofx/db/testing";

export interface Person {
  readonly id: string;
  readonly role: MemberContext["role"];
}

/** A tenant and who works in it. */
export interface People {
  readonly tenantId: string;
  readonly operator: Person;
  readonly supervisor: Person;
}

/** Makes them; `url` is that of the schema's owner. */
export async function seedPeople(url: string): Promise<People> {
  const owner = createPool({ connectionString: url, applicationName: "chaos", max: 1 });
  try {
    const { id: tenantId } = await seedTenant(owner, { shell: "trusted" });
    const person = async (role: Person["role"]): Promise<Person> => ({
      id: await seedMember(owner, tenantId, role),
      role,
    });
    return {
      tenantId,
      operator: await person("operator"),
      supervisor: await person("supervisor"),
    };
  } finally {
    await owner.end();
  }
}

/** A request of somebody, under a key of its own unless one is given. */
export function asPerson(
  plane: Plane,
  tenantId: string,
  person: Person,
  idempotencyKey: string = randomUUID(),
): MemberContext {
  return {
    plane,
    actor: { type: "member", id: person.id },
    email: `${person.id}@example.test`,
    name: person.role,
    tenantId,
    role: person.role,
    idempotencyKey,
    correlationId: randomUUID(),
    replayed: false,
  };
}

import { randomUUID } from "node:crypto";
import { createPool } from "@nofx/db/client";
import { createTestDatabase, seedMember, seedRun, seedTenant } from "@nofx/db/testing";
import { expect, test } from "vitest";

test("a column that is full is rewritten too: what stands in the place of a copy is no longer than it", async () => {
  const database = await createTestDatabase();
  const owner = createPool({ connectionString: database.url("postgres"), applicationName: "test" });
  try {
    const tenant = await seedTenant(owner);
    const member = await seedMember(owner, tenant.id, "supervisor");
    const run = await seedRun(owner, tenant.id, [{ name: "a" }]);
    await owner.query("update runs set title = $2 where id = $1", [run.id, "pin 4711"]);
    await owner.query(
      `insert into critic_verdicts (tenant_id, run_id, session_id, round, verdict, feedback, doer_step, reviewer_step)
       values ($1, $2, $3, 1, 'accept', repeat('4711', 2000), $4, $4)`,
      [tenant.id, run.id, randomUUID(), run.steps["a"]],
    );
    const { rows } = await owner.query<{ id: string }>(
      `insert into redactions (tenant_id, kind, of_id, how, reason, status, held, requested_by, requested_by_name, runs)
       values ($1, 'run', $2, 'text', 'why', 'applied', false, $3, 'me', array[$2::uuid]) returning id`,
      [tenant.id, run.id, member],
    );
    await owner.query("select engine.purge_plain($1, '{4711}')", [rows[0]?.id]);
    const left = await owner.query(
      `select r.title, strpos(v.feedback, '4711') as found, length(v.feedback) as length
       from runs r join critic_verdicts v on v.run_id = r.id where r.id = $1`,
      [run.id],
    );
    expect(left.rows).toEqual([{ title: "pin [red", found: 0, length: 8_000 }]);
  } finally {
    await owner.end();
    await database.drop();
  }
});

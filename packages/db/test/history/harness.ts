import type pg from "pg";
import { sql } from "kysely";
import { seal } from "@nofx/db/leases";
import { seedRun, seedTenant, until, type SeededRun, type StepDraft } from "@nofx/db/testing";
import { done, startEngine, type Engine } from "../engine/harness.ts";

export interface History extends Engine {
  /** A tenant that archives what has ended, at once. */
  tenant(policy?: Record<string, number | null>): Promise<string>;
  /** A run that has ended and is told of. */
  ended(tenantId: string, steps?: StepDraft[]): Promise<SeededRun>;
  /** Gives every event its number. */
  sealAll(): Promise<void>;
  /** Where the rows of a run are: table: count, of live tables and of those of the history. */
  rows(run: SeededRun): Promise<{ live: Record<string, number>; past: Record<string, number> }>;
  /** All that there is of a run, whichever place it is in. */
  content(run: SeededRun): Promise<unknown>;
  restore(run: SeededRun): Promise<boolean | null>;
}

export const POLICY = {
  archive_after_seconds: 0,
  delete_after_days: null,
  events_after_days: null,
};

export async function startHistory(): Promise<History> {
  const engine = await startEngine();
  const { owner } = engine;
  const tables = (
    await owner.query<{ name: string; key: string }>(
      "select name, key from engine.history_tables()",
    )
  ).rows;
  const sealAll = async () => {
    await until("every event has its number", async () => {
      await seal(engine.worker, 1_000);
      const { rows } = await owner.query("select from events where seq is null limit 1");
      return rows.length === 0;
    });
  };
  const idsOf = (run: SeededRun, key: string) =>
    key === "step_id" ? Object.values(run.steps) : [run.id];
  const count = async (run: SeededRun, suffix: string) => {
    const found: Record<string, number> = {};
    for (const { name, key } of tables) {
      const { rows } = await owner.query(
        `select from ${name}${suffix} where ${key} = any ($1::uuid[])`,
        [idsOf(run, key)],
      );
      if (rows.length > 0) found[name] = rows.length;
    }
    return found;
  };
  return {
    ...engine,
    sealAll,
    async tenant(policy = POLICY) {
      const { id } = await seedTenant(owner, { shell: "trusted" });
      await setPolicy(owner, id, policy);
      return id;
    },
    async ended(tenantId, steps = [{ name: "a" }, { name: "b", needs: ["a"] }]) {
      const run = await seedRun(owner, tenantId, steps);
      for (let left = steps.length; left > 0; left -= 1) {
        const [step] = await engine.claim("w1", 1);
        if (step === undefined) throw new Error("nothing to claim");
        await engine.settle([done(step)]);
      }
      await sealAll();
      return run;
    },
    rows: async (run) => ({ live: await count(run, ""), past: await count(run, "_history") }),
    async content(run) {
      const content: Record<string, unknown> = {};
      for (const { name, key } of tables) {
        const { rows } = await owner.query(
          `select to_jsonb(t) as row from (select * from ${name} where ${key} = any ($1::uuid[])
             union all select * from ${name}_history where ${key} = any ($1::uuid[])) t order by to_jsonb(t)::text`,
          [idsOf(run, key)],
        );
        content[name] = rows.map(({ row }) => row);
      }
      return content;
    },
    async restore(run) {
      const { rows } = await sql<{ back: boolean | null }>`
        select engine.restore(${run.tenantId}::uuid, ${run.id}::uuid) as back
      `.execute(engine.worker);
      return rows[0]?.back ?? null;
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

export async function setPolicy(
  owner: pg.Pool,
  tenantId: string,
  policy: Record<string, number | null>,
): Promise<void> {
  await owner.query(
    `insert into tenant_settings (tenant_id, key, value) values ($1, 'retention', $2)
     on conflict (tenant_id, key) do update set value = excluded.value`,
    [tenantId, policy],
  );
}

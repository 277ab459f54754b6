import { createHash } from "node:crypto";
import type { SeededRun } from "@nofx/db/testing";
import type pg from "pg";

export interface ClonedRun extends SeededRun {
  /** What a claim must know to be given this run's steps, and no other's. */
  readonly handler: string;
}

/** Many runs like one that was prepared, in four statements: seeding each on its own would take most of the test's time. */
export async function cloneRuns(
  pool: pg.Pool,
  run: SeededRun,
  count: number,
): Promise<(i: number) => ClonedRun> {
  const tag = run.id.slice(0, 8);
  // the first letters stay: ids keep the order of those that were copied
  const copy = (of: string) =>
    `(left(${of}::text, 8) || substr(md5(${of}::text || '-' || i)::uuid::text, 9))::uuid`;
  const copies = (table: string, changes: Record<string, string>, where: string) => {
    const names = Object.keys(changes);
    return pool.query(
      `insert into ${table} (${names.join(", ")})
       select ${Object.values(changes).join(", ")} from ${table} t, generate_series(1, $2::int) i where ${where}`,
      [run.id, count],
    );
  };
  const same = (...names: string[]) => Object.fromEntries(names.map((name) => [name, `t.${name}`]));
  await copies(
    "runs",
    {
      id: copy("t.id"),
      ...same("tenant_id", "plan_id", "status", "step_count", "steps_left", "correlation_id"),
      ...same("created_by_type", "created_by", "started_at"),
    },
    "t.id = $1",
  );
  await copies(
    "steps",
    {
      id: copy("t.id"),
      run_id: copy("t.run_id"),
      parent_step_id: copy("t.parent_step_id"),
      kind: `'k${tag}-' || i`,
      ...same("tenant_id", "plan_step_id", "name", "title", "executor", "priority", "position"),
      ...same("arguments", "token", "undo", "status", "holds", "deps_left", "epoch", "lease_owner"),
      ...same("lease_until", "deadline_at", "children_left", "correlation_id"),
    },
    "t.run_id = $1",
  );
  await copies(
    "attempts",
    {
      step_id: copy("t.step_id"),
      run_id: copy("t.run_id"),
      ...same("epoch", "tenant_id", "executor"),
    },
    "t.run_id = $1",
  );
  await copies(
    "step_dependencies",
    {
      step_id: copy("t.step_id"),
      depends_on: copy("t.depends_on"),
      ...same("tenant_id", "required"),
    },
    "t.step_id in (select s.id from steps s where s.run_id = $1)",
  );
  return (i) => ({
    id: md5(run.id, i),
    tenantId: run.tenantId,
    handler: `k${tag}-${i}@1`,
    steps: Object.fromEntries(Object.entries(run.steps).map(([name, id]) => [name, md5(id, i)])),
  });
}

function md5(id: string, i: number): string {
  const hex = createHash("md5").update(`${id}-${i}`).digest("hex");
  return hex.replace(/^.{8}(.{4})(.{4})(.{4})(.{12})$/, `${id.slice(0, 8)}-$1-$2-$3-$4`);
}

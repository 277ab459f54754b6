// npm run bench:hierarchy: how long the tree of a run takes to read, whole, by its number of nodes, beside other runs' trees.
import { parseArgs } from "node:util";
import { hierarchyOfRun } from "@nofx/control/sessions";
import { toId } from "@nofx/core/vocabulary";
import { withClient } from "@nofx/db/testing";
import type { ClientBase } from "pg";
import { prepareDatabase } from "../lib/database.ts";
import { connectMember } from "../lib/member.ts";
import { medianOf, quantile, say } from "../lib/numbers.ts";
import { startServer } from "../lib/server.ts";

const { values: arg } = parseArgs({
  options: {
    nodes: { type: "string", default: "100,1000,5000" },
    others: { type: "string", default: "50" },
    rounds: { type: "string", default: "100" },
    json: { type: "boolean", default: false },
  },
});
const FAN_OUT = 10;
const WANTED_MS = 200;

const server = await startServer();
try {
  const database = await prepareDatabase(await server.fresh("bench_hierarchy"));
  const { tenantId } = database;
  const counts = arg.nodes.split(",").map(Number);
  const runs = await withClient(database.adminUrl, async (client) => {
    for (let i = 0; i < Number(arg.others); i++) await seedTree(client, tenantId, 1_000);
    const made: [number, string][] = [];
    for (const count of counts) made.push([count, await seedTree(client, tenantId, count)]);
    await client.query("vacuum (analyze)");
    return made;
  });
  const member = connectMember(database, 2);
  for (const [count, run] of runs) {
    const times: number[] = [];
    for (let round = -10; round < Number(arg.rounds); round++) {
      const begun = performance.now();
      const read = await readWhole(member.request, toId("run", run));
      if (round >= 0) times.push(performance.now() - begun);
      if (read !== count) throw new Error(`${read} nodes instead of ${count}`);
    }
    const [p50, p95] = [medianOf(times), quantile(times, 0.95)];
    const aim = count === 1_000 ? ` (wanted: under ${WANTED_MS})` : "";
    say(
      arg.json,
      `${count.toLocaleString("en-US")} nodes: ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)}${aim}`,
      { bench: "hierarchy", nodes: count, p50, p95 },
    );
    if (count === 1_000 && p95 >= WANTED_MS) process.exitCode = 1;
  }
  await member.close();
} finally {
  await server.stop();
}
process.exit(process.exitCode ?? 0);

/** Page after page, as the dashboard does; answers how many nodes there are. */
async function readWhole(
  request: ReturnType<typeof connectMember>["request"],
  runId: string,
): Promise<number> {
  let read = 0;
  let cursor: string | undefined;
  do {
    const page = await hierarchyOfRun(request(), {
      runId,
      ...(cursor !== undefined && { cursor }),
    });
    read += page.items.length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return read;
}

/** A run of sessions below sessions: each node that has any below it is one, with ten below it. */
async function seedTree(client: ClientBase, tenantId: string, count: number): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into runs (tenant_id, title, step_count, steps_left, status, correlation_id, created_by_type, created_by)
     values ($1, 'bench', $2, $2, 'running', gen_random_uuid(), 'system', 'bench') returning id`,
    [tenantId, count],
  );
  const runId = rows[0]?.id ?? "";
  await client.query(
    `with recursive node as (
       select 0 as n, 's0' as path, 0 as depth
       union all
       select c.n, p.path || '/s' || c.n, p.depth + 1
       from node p cross join lateral (select p.n * $4::integer + i as n from generate_series(1, $4::integer) i) c
       where c.n < $3::integer
     ),
     made as (
       insert into steps (tenant_id, run_id, name, title, kind, executor, capability, priority, position, arguments, token, correlation_id, status, holds)
       select $1::uuid, $2::uuid, 's' || n, 'Step ' || n, case when n * $4::integer + 1 < $3::integer then 'session' else 'agent' end,
         case when n * $4::integer + 1 < $3::integer then 'worker' else 'agent' end, 'work', 3, n, '{}', md5($2::uuid::text || n), gen_random_uuid(), 'queued', 1
       from node returning id, name
     )
     insert into run_agent_hierarchy (tenant_id, run_id, step_id, role, depth, path, parent_id, id)
     select $1::uuid, $2::uuid, m.id, case when n.n = 0 then 'lead' else 'worker' end, n.depth, n.path,
       case when n.n > 0 then md5($2::uuid::text || '/' || ((n.n - 1) / $4::integer))::uuid end, md5($2::uuid::text || '/' || n.n)::uuid
     from node n join made m on m.name = 's' || n.n`,
    [tenantId, runId, count, FAN_OUT],
  );
  await client.query(
    `insert into agent_sessions (tenant_id, run_id, step_id, depth, asked, strategy, capability, state, quotas, deadline_at)
     select $1::uuid, $2::uuid, s.id, h.depth, 'auto', 'hierarchical', 'work', '{}', '{}', clock_timestamp() + interval '1 day'
     from steps s join run_agent_hierarchy h on h.step_id = s.id where s.run_id = $2 and s.kind = 'session'`,
    [tenantId, runId],
  );
  return runId;
}

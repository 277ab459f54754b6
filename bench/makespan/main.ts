// npm run bench:makespan: how soon a run of a fixed task graph ends as NOFX does it (steps in parallel, what can be split as sessions of a
// lead, workers and a merger), beside one agent that does one step at a time, and beside the same steps dispatched in parallel without
// sessions. Real engine, real plans, agents of the SDK over HTTP; their work is waiting.
import { parseArgs } from "node:util";
import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan } from "@nofx/control/plans";
import { createPlane } from "@nofx/control/command";
import { handleAgentRequest } from "@nofx/control/http";
import { createDoorbell } from "@nofx/control/steps";
import { toUuid } from "@nofx/core/vocabulary";
import { withClient } from "@nofx/db/testing";
import { serveGateway } from "../../apps/worker/src/gateway/serve-gateway.ts";
import { connectMember } from "../lib/member.ts";
import { prepareDatabase } from "../lib/database.ts";
import { medianOf } from "../lib/numbers.ts";
import { startServer } from "../lib/server.ts";
import { until } from "../lib/until.ts";
import { DONE, startWorker } from "../lib/worker.ts";
import { startAgents } from "./agents.ts";
import { readGraphs, toBacklog, type Graph } from "./graphs.ts";

const { values: arg } = parseArgs({
  options: {
    agents: { type: "string", default: "6" },
    "ms-per-second": { type: "string", default: "50" },
    reps: { type: "string", default: "3" },
    graphs: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const agents = Number(arg.agents);
const msPerSecond = Number(arg["ms-per-second"]);
const reps = Number(arg.reps);
/** Below this two makespans of the same schedule differ by chance: measured by running the same one twice. */
const NOISE = 0.03;

const WAYS = [
  { name: "solo", agents: 1, sessions: false },
  { name: "parallel", agents, sessions: false },
  { name: "nofx", agents, sessions: true },
] as const;
type Way = (typeof WAYS)[number];

interface Played {
  readonly seconds: number;
  readonly cost: number;
}

const server = await startServer();
const wanted = arg.graphs?.split(",");
const graphs = readGraphs().filter(({ name }) => wanted === undefined || wanted.includes(name));
try {
  const times = new Map<string, Played[]>();
  for (const way of WAYS) await play(way, times);
  report(times);
} finally {
  await server.stop();
}
process.exit(process.exitCode ?? 0);

async function play(way: Way, times: Map<string, Played[]>): Promise<void> {
  const database = await prepareDatabase(await server.fresh(`bench_makespan_${way.name}`));
  const member = connectMember(database);
  const agentUrl = database.url("nofx_agent_gateway");
  const plane = createPlane(
    {
      DATABASE_URL: agentUrl,
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "unused",
      SUPABASE_JWT_SECRET: "unused",
    },
    { applicationName: "bench agents", max: 20 },
  );
  const doorbell = createDoorbell({
    connectionString: agentUrl,
    applicationName: "bench doorbell",
  });
  const gateway = await serveGateway({
    host: "127.0.0.1",
    port: 0,
    answer: (request) => handleAgentRequest(plane, request, { doorbell }),
  });
  const worker = await startWorker({
    connectionString: database.url("nofx_worker"),
    name: "w1",
    work: async () => DONE,
  });
  const { request } = member;
  const fleet = await startAgents({ count: way.agents, url: gateway.url, request });

  const run = async (graph: Graph, rep: number): Promise<Played> => {
    const pack = `${graph.name}-${rep}`;
    const input = toBacklog(graph, { pack, msPerSecond, sessions: way.sessions });
    await importBacklog(request(), input);
    const plan = await createPlan(request(), { pack });
    fleet.takeWorkedMs();
    const { runId } = await executePlan(request(), { planId: plan.id });
    const seconds = await withClient(database.adminUrl, async (client) => {
      let ended: { status: string; seconds: number | null } | undefined;
      await until(`run ${pack}`, async () => {
        const { rows } = await client.query<{ status: string; seconds: number | null }>(
          "select status, extract(epoch from finished_at - created_at)::double precision as seconds from runs where id = $1",
          [toUuid("run", runId)],
        );
        ended = rows[0];
        return ended !== undefined && ended.seconds !== null;
      });
      if (ended?.status !== "succeeded") throw new Error(`${pack} (${runId}): ${ended?.status}`);
      return ended.seconds ?? 0;
    });
    return { seconds, cost: fleet.takeWorkedMs() / msPerSecond };
  };

  const [first] = graphs;
  // connections, plans of statements, and the agents' first claims
  if (first !== undefined) await run(first, 0);
  for (let rep = 1; rep <= reps; rep++) {
    for (const graph of graphs) {
      const key = `${graph.name}/${way.name}`;
      times.set(key, [...(times.get(key) ?? []), await run(graph, rep)]);
    }
  }
  await fleet.stop();
  await worker.stop();
  await Promise.all([gateway.close(), doorbell.close(), plane.close(), member.close()]);
}

function report(times: ReadonlyMap<string, readonly Played[]>): void {
  const of = (graph: Graph, way: Way["name"]): Played => {
    const played = times.get(`${graph.name}/${way}`) ?? [];
    return {
      seconds: medianOf(played.map(({ seconds }) => seconds)),
      cost: medianOf(played.map(({ cost }) => cost)),
    };
  };
  console.log(
    `${agents} agents; a second of an agent's work takes ${msPerSecond} ms; medians of ${reps}.`,
  );
  console.log("| graph | solo | parallel | NOFX | of solo | of parallel | cost of solo |");
  console.log("|---|---:|---:|---:|---:|---:|---:|");
  let met = true;
  for (const graph of graphs) {
    const [solo, parallel, nofx] = [of(graph, "solo"), of(graph, "parallel"), of(graph, "nofx")];
    const ofSolo = nofx.seconds / solo.seconds;
    const ofParallel = nofx.seconds / parallel.seconds;
    const cost = nofx.cost / solo.cost;
    met &&= ofSolo <= 0.5 && ofParallel <= 1 + NOISE;
    console.log(
      arg.json
        ? JSON.stringify({ bench: "makespan", graph: graph.name, ofSolo, ofParallel, cost })
        : `| ${graph.name} | ${solo.seconds.toFixed(2)} s | ${parallel.seconds.toFixed(2)} s | ${nofx.seconds.toFixed(2)} s | ${ofSolo.toFixed(2)} | ${ofParallel.toFixed(2)} | ${cost.toFixed(2)} |`,
    );
  }
  console.log(
    `${met ? "Met" : "Missed"}: at least 50 % sooner than solo, never later than parallel (beyond ${NOISE * 100} % of noise).`,
  );
  if (!met) process.exitCode = 1;
}

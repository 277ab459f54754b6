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
    "ms-per-second": { type: "string", default: "80" },
    reps: { type: "string", default: "3" },
    graphs: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const agents = Number(arg.agents);
const msPerSecond = Number(arg["ms-per-second"]);
const reps = Number(arg.reps);
/** Two runs of the very same plan differ by this much by chance. */
const NOISE = 0.05;

type Way = "solo" | "parallel" | "nofx";
type Times = Map<string, Played[]>;

interface Played {
  readonly seconds: number;
  readonly cost: number;
}

const server = await startServer();
const wanted = arg.graphs?.split(",");
const graphs = readGraphs().filter(({ name }) => wanted === undefined || wanted.includes(name));
try {
  const times: Times = new Map();
  await play(["solo"], { agents: 1, reps: 1, times });
  // in turns, so that whatever else the machine does meets both
  await play(["parallel", "nofx"], { agents, reps, times });
  report(times);
} finally {
  await server.stop();
}
process.exit(process.exitCode ?? 0);

async function play(
  ways: readonly Way[],
  { agents: count, reps: times, times: found }: { agents: number; reps: number; times: Times },
): Promise<void> {
  const database = await prepareDatabase(await server.fresh(`bench_makespan_${count}`));
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
  const fleet = await startAgents({ count, url: gateway.url, request });

  const run = async (graph: Graph, way: Way, rep: number): Promise<Played> => {
    const pack = `${graph.name}-${way}-${rep}`;
    const input = toBacklog(graph, { pack, msPerSecond, sessions: way === "nofx" });
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
  if (first !== undefined) for (const way of ways) await run(first, way, 0);
  for (let rep = 1; rep <= times; rep++) {
    for (const graph of graphs) {
      for (const way of rep % 2 === 0 ? ways : ways.toReversed()) {
        const key = `${graph.name}/${way}`;
        found.set(key, [...(found.get(key) ?? []), await run(graph, way, rep)]);
      }
    }
  }
  await fleet.stop();
  await worker.stop();
  await Promise.all([gateway.close(), doorbell.close(), plane.close(), member.close()]);
}

function report(times: Times): void {
  const of = (graph: Graph, way: Way): Played => {
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

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestRedis, type TestRedis } from "@nofx/db/testing";
import { createPlane, type Plane } from "@nofx/control/command";
import { admitAgent, keepAgent } from "./agents.ts";
import { startBalancer } from "./balancer.ts";
import { startDatabase, type ChaosDatabase } from "./database.ts";
import { Fleet, workerEnv } from "./fleet.ts";
import { CLIENT } from "./proxy/line.ts";
import { PostgresProxy } from "./proxy/proxy.ts";
import { watch } from "./watch.ts";
import { seedPeople, type People } from "./workload/people.ts";
import { Sink } from "./workload/sink.ts";

/** Everything that is broken and everything that it works for. */
export interface System {
  readonly folder: string;
  readonly database: ChaosDatabase;
  readonly proxy: PostgresProxy;
  readonly redis: TestRedis | undefined;
  readonly fleet: Fleet;
  readonly plane: Plane;
  readonly people: People;
  readonly sink: Sink;
  /** Ends the agent process at once; another follows it. */
  readonly killAgent: () => void;
}

export const LEASE_SECONDS = 1.5;
const CONCURRENCY = 4;
/** Nothing here stores files. */
const NO_STORAGE = {
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_ANON_KEY: "none",
  SUPABASE_JWT_SECRET: "none",
};

/** Starts it; what was started is cleared away with `cleanup`, also when a later part does not start. */
export async function startSystem(
  options: { workers: number; agents: boolean; transport: "postgres" | "bullmq" },
  cleanup: AsyncDisposableStack,
): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), "nofx-chaos-"));
  chmodSync(folder, 0o755);
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const sink = new Sink(folder);

  const database = await startDatabase();
  cleanup.defer(() => database.stop());
  await watch(database);
  const proxy = await PostgresProxy.start(database.port);
  cleanup.defer(() => proxy.stop());

  const redis = options.transport === "bullmq" ? await startTestRedis() : undefined;
  cleanup.defer(() => redis?.[Symbol.asyncDispose]());

  const fleet = new Fleet({
    QUEUE_DRIVER: options.transport,
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    ...NO_STORAGE,
    ...workerEnv({
      direct: proxy.through(database.url("nofx_worker")),
      gateway: proxy.through(database.url("nofx_agent_gateway")),
      folder,
      leaseSeconds: LEASE_SECONDS,
      concurrency: CONCURRENCY,
    }),
  });
  const killAll = () => fleet.killAll();
  process.once("exit", killAll);
  cleanup.defer(async () => {
    await fleet.stop();
    process.off("exit", killAll);
  });
  await fleet.start(options.workers);
  if (fleet.diedAlone.length > 0) throw new Error(fleet.diedAlone.join("\n"));

  const plane = createPlane(
    { ...NO_STORAGE, DATABASE_URL: proxy.through(database.url("nofx_web")) },
    { applicationName: CLIENT, max: 8 },
  );
  cleanup.defer(() => plane.close());
  const people = await seedPeople(database.url("postgres"));
  const killAgent = options.agents
    ? await startAgent({ fleet, plane, people, sink }, cleanup)
    : () => {};
  return { folder, database, proxy, redis, fleet, plane, people, sink, killAgent };
}

async function startAgent(
  { fleet, plane, people, sink }: Pick<System, "fleet" | "plane" | "people" | "sink">,
  cleanup: AsyncDisposableStack,
): Promise<() => void> {
  const balancer = await startBalancer(() => fleet.gateways());
  cleanup.defer(() => balancer.stop());
  const key = await admitAgent(plane, people);
  const agent = keepAgent({ NOFX_URL: balancer.url, NOFX_AGENT_KEY: key, SINK: sink.path });
  cleanup.defer(() => agent.stop());
  return () => agent.kill();
}

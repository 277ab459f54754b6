import { hostname } from "node:os";
import { createPlane, loggable } from "@nofx/control/command";
import { parseAllowedHosts } from "@nofx/control/net";
import { createTokenVerifier } from "@nofx/control/members";
import { createModelEndpoint } from "@nofx/control/model-endpoint";
import { system } from "@nofx/control/seams";
import { createDoorbell, createWorkerEngine } from "@nofx/control/steps";
import { keksOf } from "@nofx/control/vault/keks-of";
import { pino } from "pino";
import type { Handlers } from "./catalog/catalog.ts";
import { knownHandlers } from "./catalog/code-for.ts";
import { auditLoop } from "./audit/audit-loop.ts";
import { findSigningKey } from "./audit/find-signing-key.ts";
import { readEnv } from "./env.ts";
import { answerRequest } from "./gateway/answer-request.ts";
import { createBackground } from "./gateway/background.ts";
import { countAttempt } from "./metrics/count-attempt.ts";
import { evidenceLoop } from "./evidence/evidence-loop.ts";
import { fresh } from "./gateway/answer-scale.ts";
import { serveGateway } from "./gateway/serve-gateway.ts";
import { createApprovalHandler } from "./handlers/approval.ts";
import { createHttpHandler } from "./handlers/http.ts";
import { createSessionHandler } from "./handlers/session.ts";
import { createShellHandler } from "./handlers/shell.ts";
import { createWaitHandler } from "./handlers/wait.ts";
import { runStep } from "./loop/run-step.ts";
import { createShutdown } from "./loop/shutdown.ts";
import { PREFETCH } from "./loop/loop-options.ts";
import { WorkerLoop } from "./loop/worker-loop.ts";
import { createMetrics } from "./metrics.ts";
import { planeGauges } from "./metrics/plane-gauges.ts";
import { handlersOf, routingOf } from "./routing-env.ts";
import { Fleet, type FleetCount } from "./presence/fleet.ts";
import { presenceLoop } from "./presence/presence-loop.ts";
import { probeLoop } from "./prober/probe-loop.ts";
import { describeFor } from "./pusher/describe-for.ts";
import { pushLoop } from "./pusher/push-loop.ts";
import { relayLoop } from "./relay/relay-loop.ts";
import { createMailer } from "./relay/send-mail.ts";
import { schedulerLoop } from "./scheduler/scheduler-loop.ts";
import { redactionLoop } from "./redaction/redaction-loop.ts";
import { readMessagePolicy, readPlanePolicy } from "./retention/plane-policy.ts";
import { retentionLoop } from "./retention/retention-loop.ts";
import { sealLoop } from "./sealer/seal-loop.ts";
import { strandedLoop } from "./sweep/stranded-loop.ts";
import { sweepLoop } from "./sweep/sweep-loop.ts";
import { createTransport } from "./transports/create-transport.ts";
import { createWorkspaces, removeHalfMade } from "./workspace/ensure-workspace.ts";
import type { Files } from "./workspace/files.ts";

// The worker process: executes steps, sweeps, seals, and serves the agent API.

const env = readEnv(process.env);
const retention = readPlanePolicy(process.env);
const messagePolicy = readMessagePolicy(process.env);
const worker = env.NOFX_WORKER_NAME;
const { clock, random, newUuid } = system;
const log = pino({ base: { worker } });
const onError = (error: unknown) => log.error({ err: loggable(error) });

const metrics = createMetrics();
const engine = createWorkerEngine({
  connectionString: env.DATABASE_DIRECT_URL,
  worker,
  max: 4 + env.NOFX_CONCURRENCY,
  region: env.NOFX_REGION,
  keks: keksOf(env),
});
const doorbell = createDoorbell({
  connectionString: env.DATABASE_DIRECT_URL,
  applicationName: `${worker} doorbell`,
});
const plane = createPlane(
  { ...env, DATABASE_URL: env.DATABASE_GATEWAY_URL },
  { applicationName: `${worker} gateway` },
);
const files: Files = {
  get: (tenantId, path) => plane.storage.forTenant(tenantId).get("artifacts", path),
  put: (tenantId, path, bytes, type) =>
    plane.storage.forTenant(tenantId).put("artifacts", path, bytes, type),
};
const workspaces = createWorkspaces({
  folder: env.NOFX_WORKSPACES,
  root: env.NOFX_WORKSPACE_ROOT,
  state: env.NOFX_HOME,
  newUuid,
});
const allowed = parseAllowedHosts(env.NOFX_HTTP_ALLOW);
const handlers: Handlers = {
  shell: createShellHandler({ engine, files, workspaces, newUuid }),
  approval: createApprovalHandler({ engine }),
  wait: createWaitHandler({ engine }),
  session: createSessionHandler({ engine }),
  http: createHttpHandler({ engine, allowed, now: () => clock.date() }),
};

const leaseSeconds = env.NOFX_LEASE_SECONDS;
const version = env.NOFX_WORKER_VERSION;
const concurrency = env.NOFX_CONCURRENCY;
let draining = false;
let greeted = false;
const taken = handlersOf(knownHandlers(), env.NOFX_TYPES);
const routing = routingOf(env);
const transport = await createTransport(env, {
  routing,
  connectionString: env.DATABASE_DIRECT_URL,
  worker,
  engine,
  doorbell,
  handlers: taken,
  seams: system,
  onUp: (up) => {
    metrics.set("nofx_transport_up", up ? 1 : 0, { driver: env.QUEUE_DRIVER });
    log.info({ up }, "redis");
  },
  onHints: (what, count) => metrics.count("nofx_hints_total", { what }, count),
  onError,
});
const fleet = new Fleet(random);
const loop = new WorkerLoop({
  engine,
  transport,
  metrics,
  onError,
  version,
  handlers: taken,
  concurrency,
  stretch: () => fleet.stretch,
  freshMs: () => fleet.freshMs,
  routing,
  steal: env.NOFX_STEAL,
  prefetch: { ...PREFETCH, most: env.NOFX_PREFETCH_MAX },
  leaseMs: leaseSeconds * 1_000,
  clock,
  random,
  execute: (running) => runStep(running, { handlers, engine, clock, onError }),
});
const queues = fresh(() => engine.queueStats(), clock.now);
const demand = fresh(() => engine.capabilityDemand(), clock.now);
const books = createBackground();
const models = createModelEndpoint(plane, {
  verifyToken: createTokenVerifier({
    url: env.SUPABASE_URL,
    anonKey: env.SUPABASE_ANON_KEY,
    clock,
  }),
  background: books.add,
  onError,
  onAttempt: (attempt) => countAttempt(metrics, attempt),
});
const gateway = await serveGateway({
  host: env.NOFX_GATEWAY_HOST,
  port: env.NOFX_GATEWAY_PORT,
  answer: answerRequest({
    plane,
    metrics,
    queues,
    demand,
    models,
    api: { doorbell, leaseSeconds: env.NOFX_AGENT_LEASE_SECONDS ?? leaseSeconds, onError },
    health: () => ({ worker, greeted, draining, silentMs: loop.silentMs, transport }),
  }),
});
await removeHalfMade(env.NOFX_WORKSPACES, clock.date());
// until hello: people may have drained this name
loop.pause(true);
loop.start();
const ending = new AbortController();
metrics.set("nofx_worker_info", 1, { worker, version });
metrics.set("nofx_worker_slots", concurrency);
metrics.set("nofx_transport_up", transport.up ? 1 : 0, { driver: transport.driver });
metrics.beforeExpose(
  planeGauges({ metrics, stats: () => engine.stats(), queues, demand, monotonicMs: clock.now }),
);
const presence = {
  clock,
  engine,
  who: {
    host: hostname(),
    pid: process.pid,
    version,
    handlers: taken,
    concurrency,
    local: env.NOFX_LOCAL,
  },
  beat: () => ({
    inFlight: loop.inFlight,
    free: Math.max(0, concurrency - loop.inFlight),
    claimed: metrics.total("nofx_steps_claimed_total"),
    settled: metrics.total("nofx_steps_settled_total"),
    stopping: draining,
  }),
  onDrain: (drain: boolean) => {
    loop.pause(drain);
    metrics.set("nofx_worker_draining", drain || draining ? 1 : 0);
  },
  onHello: () => {
    greeted = true;
  },
  onCount: (count: FleetCount) => fleet.counted(count),
};
const { NOFX_SMTP_URL: smtp, NOFX_MAIL_FROM: from } = env;
const relay = {
  store: engine.relay,
  publicUrl: env.NOFX_PUBLIC_URL,
  mailer: smtp === undefined || from === undefined ? undefined : createMailer({ url: smtp, from }),
  fleet,
  seams: { clock, random },
  allowed,
  onTold: (outcome: string) => metrics.count("nofx_webhook_attempts_total", { outcome }),
};
const pusher = {
  store: engine.push,
  doorbell,
  fleet,
  seams: { clock, random },
  allowed,
  leaseSeconds: env.NOFX_AGENT_LEASE_SECONDS ?? leaseSeconds,
  describe: describeFor(plane, env.NOFX_AGENT_URL ?? env.NOFX_PUBLIC_URL ?? gateway.url),
  onPushed: (as: string) => metrics.count("nofx_pushes_total", { as }),
};
const scheduler = {
  connectionString: env.DATABASE_DIRECT_URL,
  engine,
  seams: { clock, random },
  metrics,
  beside: async (signal: AbortSignal) => {
    await Promise.all([
      probeLoop({ plane, worker, metrics }, signal, onError),
      evidenceLoop({ clock, store: engine.evidence }, signal, onError),
    ]);
  },
};
const signingKey = findSigningKey(env);
if (signingKey === undefined) {
  log.warn("audit digests are not signed: NOFX_AUDIT_SIGNING_KEY_FILE names no key");
}
const audit = {
  connectionString: env.DATABASE_DIRECT_URL,
  engine,
  storage: plane.storage,
  seams: { clock, random },
  metrics,
  key: signingKey,
  intervalSeconds: env.NOFX_AUDIT_DIGEST_SECONDS,
};
const beside = Promise.all([
  auditLoop(audit, ending.signal, onError),
  relayLoop(relay, ending.signal, onError),
  pushLoop(pusher, ending.signal, onError),
  schedulerLoop(scheduler, ending.signal, onError),
  presenceLoop(presence, ending.signal, onError),
  strandedLoop(
    { clock, engine, metrics, seconds: env.NOFX_STRAND_SECONDS },
    ending.signal,
    onError,
  ),
  redactionLoop(
    {
      clock,
      fleet,
      keeper: engine.messages,
      policy: messagePolicy,
      files: {
        get: files.get,
        remove: (tenantId, paths) => plane.storage.forTenant(tenantId).remove("artifacts", paths),
      },
    },
    ending.signal,
    onError,
  ),
  retentionLoop(
    {
      clock,
      fleet,
      engine,
      metrics,
      removeFiles: (tenantId, paths) =>
        plane.storage.forTenant(tenantId).remove("artifacts", paths),
      policy: retention,
    },
    ending.signal,
    onError,
  ),
  sweepLoop(
    { clock, engine, metrics, leaseMs: leaseSeconds * 1_000, fleet },
    ending.signal,
    onError,
  ),
  sealLoop({ clock, engine, doorbell, metrics, fleet }, ending.signal, onError),
]);
log.info({ gateway: gateway.url, concurrency, version }, "ready");

const shutdown = createShutdown(loop, { graceMs: env.NOFX_GRACE_SECONDS * 1_000, clock });
const stop = (signal: string) => {
  log.info({ signal, inFlight: loop.inFlight }, draining ? "stopping now" : "stopping");
  draining = true;
  shutdown.request();
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

await shutdown.finished;
ending.abort();
await Promise.all([beside, gateway.close(), transport.close(), doorbell.close()]);
// what models were paid for is noted while there is a database
await books.done();
await Promise.all([engine.close(), plane.close()]);
log.info("stopped");
// a handler that did not stop when told may hold the process no longer
process.exit(0);

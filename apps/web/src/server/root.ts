import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { agentEndpointsRouter } from "./routers/agent-endpoints.ts";
import { agentsRouter } from "./routers/agents.ts";
import { approvalsRouter } from "./routers/approvals.ts";
import { auditRouter } from "./routers/audit.ts";
import { backlogRouter } from "./routers/backlog.ts";
import { budgetsRouter, usageRouter } from "./routers/budgets.ts";
import { comparisonsRouter } from "./routers/comparisons.ts";
import { deadLettersRouter } from "./routers/dead-letters.ts";
import { dispatchRouter } from "./routers/dispatch.ts";
import { flagsRouter } from "./routers/flags.ts";
import { gatesRouter } from "./routers/gates.ts";
import { historiesRouter } from "./routers/histories.ts";
import { inboundRouter } from "./routers/inbound.ts";
import { keysRouter } from "./routers/keys.ts";
import { lineageRouter } from "./routers/lineage.ts";
import { holdsRouter, messagesRouter, redactionsRouter } from "./routers/messages.ts";
import { modelEndpointRouter } from "./routers/model-endpoint.ts";
import { modelsRouter } from "./routers/models.ts";
import { plansRouter } from "./routers/plans.ts";
import { providersRouter } from "./routers/providers.ts";
import { retentionRouter } from "./routers/retention.ts";
import { queuesRouter } from "./routers/queues.ts";
import { routingRouter } from "./routers/routing.ts";
import { artifactsRouter, runsRouter } from "./routers/runs.ts";
import { schedulesRouter } from "./routers/schedules.ts";
import { hierarchyRouter, sessionsRouter } from "./routers/sessions.ts";
import { eventsRouter, sessionRouter, systemRouter } from "./routers/system.ts";
import { tasksRouter } from "./routers/tasks.ts";
import { toolsRouter } from "./routers/tools.ts";
import { waitsRouter } from "./routers/waits.ts";
import { webhooksRouter } from "./routers/webhooks.ts";
import { workersRouter } from "./routers/workers.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  agents: agentsRouter,
  agentEndpoints: agentEndpointsRouter,
  approvals: approvalsRouter,
  artifacts: artifactsRouter,
  audit: auditRouter,
  backlog: backlogRouter,
  budgets: budgetsRouter,
  comparisons: comparisonsRouter,
  deadLetters: deadLettersRouter,
  dispatch: dispatchRouter,
  events: eventsRouter,
  gates: gatesRouter,
  hierarchy: hierarchyRouter,
  histories: historiesRouter,
  flags: flagsRouter,
  holds: holdsRouter,
  inbound: inboundRouter,
  keys: keysRouter,
  lineage: lineageRouter,
  messages: messagesRouter,
  modelEndpoint: modelEndpointRouter,
  models: modelsRouter,
  plans: plansRouter,
  providers: providersRouter,
  redactions: redactionsRouter,
  retention: retentionRouter,
  queues: queuesRouter,
  routing: routingRouter,
  runs: runsRouter,
  schedules: schedulesRouter,
  session: sessionRouter,
  sessions: sessionsRouter,
  system: systemRouter,
  tasks: tasksRouter,
  tools: toolsRouter,
  usage: usageRouter,
  waits: waitsRouter,
  webhooks: webhooksRouter,
  workers: workersRouter,
});

export type AppRouter = typeof appRouter;
export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;

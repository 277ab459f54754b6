import type { Plane } from "@nofx/control/command";
import { handleAgentRequest, type AgentApiOptions } from "@nofx/control/http";
import type { ModelEndpoint } from "@nofx/control/model-endpoint";
import { NofxError, problemResponse } from "@nofx/core/errors";
import type { DemandRecord, QueueStats } from "@nofx/control/steps";
import type { Metrics } from "../metrics.ts";
import type { Transport } from "../transports/transport.ts";
import { answerAgentScale } from "./answer-agent-scale.ts";
import { answerScale } from "./answer-scale.ts";

const SILENT_MS = 15_000;

export interface GatewayPorts {
  readonly plane: Plane;
  readonly api: AgentApiOptions;
  readonly models: ModelEndpoint;
  readonly metrics: Metrics;
  /** What each queue of the plane holds, for scalers. */
  readonly queues: () => Promise<QueueStats>;
  /** What there is to do for each capability of agents, for theirs. */
  readonly demand: () => Promise<DemandRecord[]>;
  readonly health: () => {
    worker: string;
    greeted: boolean;
    draining: boolean;
    silentMs: number;
    transport: Pick<Transport, "driver" | "up">;
  };
}

/** The agent API, models under `/v1`, `/health` for the launcher and load balancers, `/metrics` for Prometheus, `/scale` and `/scale/agents` for an autoscaler. */
export function answerRequest(ports: GatewayPorts): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname.startsWith("/api/agent/"))
      return handleAgentRequest(ports.plane, request, ports.api);
    if (pathname.startsWith("/v1/")) return ports.models.handle(request);
    if (request.method !== "GET") return problemResponse(new NofxError("not_found"));
    if (pathname === "/health") return health(ports);
    if (pathname === "/scale") return answerScale(searchParams, ports.queues);
    if (pathname === "/scale/agents") return answerAgentScale(searchParams, ports.demand);
    if (pathname === "/metrics") {
      const headers = { "content-type": ports.metrics.contentType };
      return new Response(await ports.metrics.expose(), { headers });
    }
    return problemResponse(new NofxError("not_found"));
  };
}

function health({ health }: GatewayPorts): Response {
  const { worker, greeted, draining, silentMs, transport } = health();
  const silent = silentMs > SILENT_MS;
  const status = silent ? "database_silent" : draining ? "draining" : greeted ? "ok" : "starting";
  // without its hints a worker works on: that is no reason to take it out of service
  const { driver, up } = transport;
  return Response.json(
    { status, worker, transport: { driver, up } },
    { status: status === "ok" ? 200 : 503 },
  );
}

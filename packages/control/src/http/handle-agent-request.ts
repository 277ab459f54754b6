import {
  AGENT_API_BASE,
  AGENT_ROUTES,
  IDEMPOTENCY_KEY_HEADER,
  matchAgentRoute,
  PATH_PARAMS,
  type AgentRouteName,
} from "@nofx/core/contract";
import { NofxError, issuesFromZod, problemResponse } from "@nofx/core/errors";
import { authenticateAgent, requireScope } from "../agents/authenticate.ts";
import { refuseQuarantined } from "../agents/refuse-quarantined.ts";
import { noteRunner } from "../agents/note-runner.ts";
import { requireIdempotencyKey } from "../command/idempotency.ts";
import type { Plane } from "../command/plane.ts";
import { parseInput } from "../command/run-command.ts";
import type { Doorbell } from "../steps/doorbell.ts";
import { AGENT_HANDLERS, type AgentHandler } from "./agent-handlers.ts";
import { readJson } from "./read-json.ts";

export interface AgentApiOptions {
  /** Wakes waiting claims; without one they look every second. */
  doorbell?: Doorbell | undefined;
  leaseSeconds?: number | undefined;
  /** Told of every error that is not a refusal: the client reads only that something went wrong. */
  onError?: ((error: unknown) => void) | undefined;
}

const JWKS_PATH = `${AGENT_API_BASE}/jwks.json`;
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** One request of the agent API, as its table of routes describes it. Never throws: every error is a problem. */
export async function handleAgentRequest(
  plane: Plane,
  request: Request,
  options: AgentApiOptions = {},
): Promise<Response> {
  try {
    return await answer(plane, request, options);
  } catch (error) {
    if (!NofxError.is(error) || error.code === "internal") options.onError?.(error);
    return problemResponse(error);
  }
}

async function answer(plane: Plane, request: Request, options: AgentApiOptions): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "GET" && pathname === JWKS_PATH) return keySet(plane);
  const match = matchAgentRoute(request.method, pathname);
  if (!match.found) throw new NofxError(match.code);
  const route = AGENT_ROUTES[match.name];
  const ctx = await authenticateAgent(plane, {
    authorization: request.headers.get("authorization"),
    idempotencyKey: request.headers.get(IDEMPOTENCY_KEY_HEADER) ?? undefined,
    traceparent: TRACEPARENT.exec(request.headers.get("traceparent") ?? "")?.[0],
  });
  requireScope(ctx, route.scope);
  refuseQuarantined(ctx, match.name);
  if (route.method === "POST") requireIdempotencyKey(ctx.idempotencyKey);
  const params = parseParams(match.params);
  const { stepId = "", artifactId = "", tool = "", messageId = "", capability = "" } = params;
  const body =
    route.request === undefined ? undefined : parseInput(route.request, await readJson(request));
  await noteRunner(ctx, body);
  const { doorbell, leaseSeconds } = options;
  const result = await handlerOf(match.name)({
    ctx,
    body: body as never,
    stepId,
    artifactId,
    tool,
    messageId,
    capability,
    options: { doorbell, leaseSeconds, signal: request.signal },
  });
  const headers = ctx.replayed ? { "idempotency-replayed": "true" } : {};
  return Response.json(result, { headers });
}

/** What anybody can check a token with; asked for again after a while, because keys are exchanged for others. */
async function keySet(plane: Plane): Promise<Response> {
  const headers = { "cache-control": "public, max-age=300" };
  return Response.json(await plane.agentTokens.jwks(), { headers });
}

/** The table pairs each name with its own handler; the body was parsed by the schema of that same name. */
function handlerOf(name: AgentRouteName): AgentHandler<AgentRouteName> {
  return AGENT_HANDLERS[name];
}

type Params = { -readonly [N in keyof typeof PATH_PARAMS]?: string };

/** A malformed id names nothing that exists. */
function parseParams(params: Record<string, string>): Params {
  const parsed: Params = {};
  for (const [name, schema] of Object.entries(PATH_PARAMS)) {
    const value = params[name];
    if (value === undefined) continue;
    const id = schema.safeParse(value);
    if (!id.success) throw new NofxError("not_found", { issues: issuesFromZod(id.error, [name]) });
    parsed[name as keyof typeof PATH_PARAMS] = id.data;
  }
  return parsed;
}

import type { Plane } from "../command/plane.ts";
import { modelList, OpenAiError, openAiError } from "../model-router/wire/index.ts";
import { createAuthenticate, type VerifyToken } from "./authenticate.ts";
import { availableModels } from "./available-models.ts";
import type { EndpointHooks, EndpointName } from "./call-frame.ts";
import { callHeaders } from "./call-headers.ts";
import type { ModelCaller } from "./caller.ts";
import { asOpenAiError } from "./errors.ts";
import { handleCall } from "./handle-call.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { CallFailed, type Tried } from "./run-attempts.ts";
import { readWishes } from "./wishes.ts";

export interface EndpointOptions extends EndpointHooks {
  /** Who the access token of a person speaks for; without it agents alone may call. */
  readonly verifyToken?: VerifyToken | undefined;
}

/** The OpenAI-compatible endpoint of one process. */
export interface ModelEndpoint {
  /** Never throws: every error is one in OpenAI's form. */
  handle(request: Request): Promise<Response>;
}

const CALLS: Readonly<Record<string, EndpointName>> = {
  "/v1/chat/completions": "chat",
  "/v1/responses": "responses",
  "/v1/embeddings": "embeddings",
};

/** `/v1/chat/completions`, `/v1/responses`, `/v1/embeddings` and `/v1/models`, for OpenAI's own clients and all that speak like them. */
export function createModelEndpoint(plane: Plane, options: EndpointOptions = {}): ModelEndpoint {
  const authenticate = createAuthenticate(plane, options.verifyToken);
  const limiter = createRateLimiter(plane.clock);

  const answer = async (request: Request, callId: string): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const endpoint = CALLS[pathname];
    const model = /^\/v1\/models(?:\/(.+))?$/.exec(pathname);
    if (endpoint === undefined && model === null) {
      throw openAiError("unknown_url", `There is nothing at ${request.method} ${pathname}.`, 404);
    }
    const method = endpoint === undefined ? "GET" : "POST";
    if (request.method !== method) {
      throw openAiError("method_not_allowed", `${pathname} takes ${method}.`, 405);
    }
    const caller = await authenticate(request.headers);
    limit(caller, endpoint ?? "models");
    if (endpoint === undefined) return listed(caller, model?.[1]);
    const wishes = readWishes(request.headers);
    const { signal: gone } = request;
    const context = { plane, hooks: options, caller, wishes, callId, gone };
    return handleCall(context, endpoint, request);
  };

  const limit = (caller: ModelCaller, route: string): void => {
    const { requestsPerMinute } = caller.settings;
    const waitMs = limiter.take(`${caller.id} ${route}`, requestsPerMinute);
    if (waitMs === 0) return;
    throw openAiError(
      "rate_limit_exceeded",
      `More than ${requestsPerMinute} requests a minute of one caller are not taken here.`,
      429,
      { retryAfterMs: waitMs },
    );
  };

  const listed = async (caller: ModelCaller, id: string | undefined): Promise<Response> => {
    const models = await availableModels(plane, caller.tenantId);
    if (id === undefined) return Response.json(modelList(models));
    const wanted = decoded(id);
    const one = modelList(models.filter((known) => known.id === wanted)).data[0];
    if (one !== undefined) return Response.json(one);
    throw openAiError("model_not_found", `There is no model ${wanted} here.`, 404, {
      param: "model",
    });
  };

  return {
    async handle(request) {
      const callId = plane.newUuid();
      try {
        return await answer(request, callId);
      } catch (error) {
        const [cause, tried] =
          error instanceof CallFailed ? [error.cause, error.tried] : [error, []];
        const told = asOpenAiError(cause);
        if (!(cause instanceof OpenAiError) && told.status === 500) options.onError?.(cause);
        return refusal(told, callId, tried);
      }
    },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refusal(error: OpenAiError, callId: string, tried: readonly Tried[]): Response {
  return Response.json(error.body, {
    status: error.status,
    headers: { ...callHeaders({ callId, tried, cache: "none" }), ...error.headers },
  });
}

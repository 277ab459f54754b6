import "server-only";
import { NofxError, problemResponse } from "@nofx/core/errors";
import { createContext } from "../context.ts";
import { toNofxError } from "../errors.ts";
import { readBody } from "../read-body.ts";
import { appRouter } from "../root.ts";
import { createCallerFactory } from "../trpc.ts";
import { queryInput } from "./query-input.ts";
import { type RestRoute, restRoutes } from "./routes.ts";
import { inboundTarget, takeInbound } from "./take-inbound.ts";

const createCaller = createCallerFactory(appRouter);

/** Answers a REST request under /api by calling the procedure that describes it. */
export async function handleRest(request: Request): Promise<Response> {
  const responseHeaders = new Headers({ "cache-control": "no-store" });
  try {
    const url = new URL(request.url);
    const path = url.pathname.replace(/^\/api(?=\/|$)/, "");
    const inbound = inboundTarget(request.method, path, url.searchParams);
    if (inbound !== undefined) {
      return Response.json(await takeInbound(request, inbound), { headers: responseHeaders });
    }
    const { route, params } = match(request.method, path);
    const given =
      request.method === "GET"
        ? queryInput(route.input, url.searchParams)
        : await jsonInput(request);
    const input = route.input === undefined ? undefined : { ...given, ...params };
    const caller = createCaller(createContext(request.headers, responseHeaders));
    const result = await procedure(caller, route.procedure)(input);
    return Response.json(result, { headers: responseHeaders });
  } catch (error) {
    const response = problemResponse(toNofxError(error));
    response.headers.set("cache-control", "no-store");
    for (const cookie of responseHeaders.getSetCookie()) {
      response.headers.append("set-cookie", cookie);
    }
    const allow = NofxError.is(error) ? error.data["allow"] : undefined;
    if (Array.isArray(allow)) response.headers.set("allow", allow.join(", "));
    return response;
  }
}

function match(method: string, path: string): { route: RestRoute; params: Record<string, string> } {
  const here = restRoutes().flatMap((route) => {
    const found = route.pattern.exec(path);
    return found ? [{ route, params: decodeAll(found.groups ?? {}) }] : [];
  });
  const answer = here.find(({ route }) => route.method === method);
  if (answer) return answer;
  if (here.length === 0) {
    throw new NofxError("not_found", {
      detail: "No such address. GET /api/openapi.json lists those that exist.",
    });
  }
  const allow = here.map(({ route }) => route.method);
  throw new NofxError("method_not_allowed", {
    detail: `Use ${allow.join(" or ")}.`,
    data: { allow },
  });
}

function decodeAll(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, value]) => {
      try {
        return [name, decodeURIComponent(value)];
      } catch {
        return [name, value];
      }
    }),
  );
}

async function jsonInput(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new NofxError("unsupported_media_type", {
      detail: "Send a JSON object with content-type: application/json.",
    });
  }
  const text = await readBody(request);
  let body: unknown;
  try {
    body = text === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new NofxError("invalid_json", { detail: sayWhere(cause), cause });
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new NofxError("invalid_input", { detail: "The body has to be a JSON object." });
  }
  return body as Record<string, unknown>;
}

/** Where the JSON breaks, without repeating what it holds. */
function sayWhere(cause: unknown): string {
  const at = /position \d+(?: \(line \d+ column \d+\))?/.exec(String(cause))?.[0];
  return at === undefined ? "The JSON ends too early." : `The JSON breaks at ${at}.`;
}

type Call = (input: unknown) => Promise<unknown>;

function procedure(caller: ReturnType<typeof createCaller>, path: string): Call {
  let found: unknown = caller;
  for (const part of path.split(".")) found = (found as Record<string, unknown>)[part];
  return found as Call;
}

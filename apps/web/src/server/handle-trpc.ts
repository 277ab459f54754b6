import "server-only";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { createContext } from "./context.ts";
import { problemOf, toNofxError, toTrpcError } from "./errors.ts";
import { readBody } from "./read-body.ts";
import { appRouter } from "./root.ts";

/** Answers a tRPC request; its body is read here, so that the limit is the same as in REST. */
export async function handleTrpc(request: Request): Promise<Response> {
  let limited = request;
  if (request.method === "POST") {
    try {
      limited = new Request(request.url, {
        method: "POST",
        headers: request.headers,
        body: await readBody(request),
        signal: request.signal,
      });
    } catch (error) {
      return refusal(error);
    }
  }
  return fetchRequestHandler({
    endpoint: "/api/trpc",
    req: limited,
    router: appRouter,
    createContext: ({ resHeaders }) => createContext(request.headers, resHeaders),
    responseMeta: () => ({ headers: { "cache-control": "no-store" } }),
  });
}

/** A refusal in tRPC's envelope, for what is turned away before tRPC sees it. */
function refusal(error: unknown): Response {
  const problem = problemOf(error);
  const { code } = toTrpcError(toNofxError(error));
  return Response.json(
    {
      error: {
        message: problem.detail ?? problem.title,
        code: TRPC_ERROR_CODES_BY_KEY[code],
        data: { code, httpStatus: problem.status, problem },
      },
    },
    { status: problem.status, headers: { "cache-control": "no-store" } },
  );
}

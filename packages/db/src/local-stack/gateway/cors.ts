const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/**
 * A browser's question before a request from another origin, answered as hosted Supabase answers it: any origin, any
 * header, no cookies. What is allowed is decided by key and token, never by where a page came from.
 */
export function answerPreflight(request: Request): Response | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) {
    return undefined;
  }
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "*",
      "access-control-max-age": "3600",
      vary: "access-control-request-headers",
    },
  });
}

/** The answer itself, readable from another origin as well. */
export function allowBrowsers(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-expose-headers", "*");
  headers.delete("access-control-allow-credentials");
  return new Response(response.body, { status: response.status, headers });
}

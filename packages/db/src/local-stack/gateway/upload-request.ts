import { AsyncLocalStorage } from "node:async_hooks";

/** What the storage server does not hand on to its adapter: whether an upload may replace, and back, whether it lost. */
export const uploadRequest = new AsyncLocalStorage<{ replaces: boolean; conflict: boolean }>();

const SIGNED_UPLOAD = /^\/storage\/v1\/object\/upload\/sign\//;

/** Answers a request so that an upload which may only create cannot replace what another one stored meanwhile. */
export async function answerUpload(
  request: Request,
  answer: () => Promise<Response>,
): Promise<Response> {
  const state = { replaces: mayReplace(request), conflict: false };
  const response = await uploadRequest.run(state, answer);
  if (!state.conflict) return response;
  const body = { statusCode: "409", error: "Duplicate", message: "The resource already exists" };
  return Response.json(body, { status: 400, headers: { "access-control-allow-origin": "*" } });
}

/** A signed address says it in its token, which the storage server verifies; elsewhere method and header do. */
function mayReplace(request: Request): boolean {
  const url = new URL(request.url);
  if (!SIGNED_UPLOAD.test(url.pathname)) {
    return request.method === "PUT" || request.headers.get("x-upsert") === "true";
  }
  try {
    const claims = (url.searchParams.get("token") ?? "").split(".")[1] ?? "";
    const read: unknown = JSON.parse(Buffer.from(claims, "base64url").toString());
    return (read as { upsert?: unknown } | null)?.upsert === true;
  } catch {
    return false;
  }
}

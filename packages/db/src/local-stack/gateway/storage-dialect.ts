/**
 * The local storage server speaks an older dialect than the client library: a multipart upload must name its part "file",
 * signed URLs come back under other names, and a request for several of them is taken for one with an empty path. What
 * passes through here is as hosted Storage has it.
 */
const OBJECT = /^\/storage\/v1\/object\//;
const SIGN_MANY = /^\/storage\/v1\/object\/sign\/[^/]+\/?$/;
const SIGN = /^\/storage\/v1\/object\/sign\//;
const SIGN_UPLOAD = /^\/storage\/v1\/object\/upload\/sign\//;
const PREFIX = /^\/storage\/v1/;

type Forward = (request: Request) => Promise<Response>;

/** Passes a request to the storage server in its dialect, and the answer back in the client's. */
export async function speakStorage(request: Request, forward: Forward): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!OBJECT.test(pathname)) return forward(request);
  if (request.method === "POST" && SIGN_MANY.test(pathname)) return signMany(request, forward);
  const isForm = request.headers.get("content-type")?.startsWith("multipart/form-data") ?? false;
  const translated = isForm ? await unwrapForm(request) : request;
  if (!translated) return refusal("InvalidRequest", "Missing file in multipart upload");
  return translateResponse(request, await forward(translated));
}

/** The file of a multipart upload as the body itself. */
async function unwrapForm(request: Request): Promise<Request | undefined> {
  const form = await request.formData();
  const file = [...form.values()].find((value) => value instanceof File);
  if (!file) return undefined;
  const headers = new Headers(request.headers);
  headers.set("content-type", file.type || "application/octet-stream");
  headers.set("content-length", String(file.size));
  const cacheControl = form.get("cacheControl");
  if (typeof cacheControl === "string") headers.set("cache-control", `max-age=${cacheControl}`);
  return new Request(request.url, {
    method: request.method,
    headers,
    body: await file.arrayBuffer(),
  });
}

async function signMany(request: Request, forward: Forward): Promise<Response> {
  const body: unknown = await request.json().catch(() => undefined);
  if (!isSignMany(body)) return refusal("InvalidRequest", "body must have expiresIn and paths");
  const { expiresIn, paths } = body;
  const base = request.url.replace(/\/$/, "");
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  const sign = async (path: string) => {
    const url = `${base}/${path.split("/").map(encodeURIComponent).join("/")}`;
    const one = new Request(url, { method: "POST", headers, body: JSON.stringify({ expiresIn }) });
    const response = await translateResponse(one, await forward(one));
    const answer = (await response.json()) as { signedURL?: string; message?: string };
    const signedURL = answer.signedURL ?? null;
    return { path, signedURL, error: signedURL ? null : (answer.message ?? "Object not found") };
  };
  const signed = [];
  for (const path of paths) signed.push(await sign(path));
  return Response.json(signed, { headers: CORS });
}

async function translateResponse(request: Request, response: Response): Promise<Response> {
  if (!response.ok) return response;
  const url = new URL(request.url);
  if (request.method === "POST" && SIGN.test(url.pathname)) {
    const { signedUrl } = (await response.json()) as { signedUrl: string };
    return Response.json({ signedURL: signedUrl.replace(PREFIX, "") }, { headers: CORS });
  }
  if (request.method === "POST" && SIGN_UPLOAD.test(url.pathname)) {
    const { signedUrl, token } = (await response.json()) as { signedUrl: string; token: string };
    return Response.json({ url: signedUrl.replace(PREFIX, ""), token }, { headers: CORS });
  }
  const name = url.searchParams.get("download");
  if (request.method === "GET" && name !== null) {
    const file = encodeURIComponent(name || (url.pathname.split("/").at(-1) ?? "file"));
    const headers = new Headers(response.headers);
    headers.set("content-disposition", `attachment; filename="${file}"; filename*=UTF-8''${file}`);
    return new Response(response.body, { status: response.status, headers });
  }
  return response;
}

const CORS = { "access-control-allow-origin": "*" };

function refusal(error: string, message: string): Response {
  return Response.json({ statusCode: "400", error, message }, { status: 400, headers: CORS });
}

function isSignMany(body: unknown): body is { expiresIn: number; paths: string[] } {
  if (typeof body !== "object" || body === null) return false;
  const { expiresIn, paths } = body as { expiresIn?: unknown; paths?: unknown };
  return (
    typeof expiresIn === "number" &&
    Array.isArray(paths) &&
    paths.every((path) => typeof path === "string")
  );
}

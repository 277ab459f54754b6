/**
 * The local storage server speaks an older dialect than the client library: a multipart upload must name its part "file",
 * and signed URLs come back under other names. What passes through here is as hosted Storage has it.
 */
const OBJECT = /^\/storage\/v1\/object\//;
const SIGN = /^\/storage\/v1\/object\/sign\//;
const SIGN_UPLOAD = /^\/storage\/v1\/object\/upload\/sign\//;
const PREFIX = /^\/storage\/v1/;

/** Sends the file of a multipart upload as the body itself. */
export async function translateStorageRequest(request: Request): Promise<Request> {
  const { pathname } = new URL(request.url);
  const type = request.headers.get("content-type") ?? "";
  if (!OBJECT.test(pathname) || !type.startsWith("multipart/form-data")) return request;
  const form = await request.formData();
  const file = [...form.values()].find((value) => value instanceof File);
  if (!file)
    return new Request(request.url, { method: request.method, headers: request.headers, body: "" });
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

/** Gives signed URLs their hosted names, and downloads the file name that was asked for. */
export async function translateStorageResponse(
  request: Request,
  response: Response,
): Promise<Response> {
  const url = new URL(request.url);
  if (!response.ok || !OBJECT.test(url.pathname)) return response;
  if (request.method === "POST" && SIGN.test(url.pathname)) {
    const signed: unknown = await response.json();
    return rewrite(
      response,
      Array.isArray(signed) ? signed.map(renameSignedUrl) : renameSignedUrl(signed),
    );
  }
  if (request.method === "POST" && SIGN_UPLOAD.test(url.pathname)) {
    const { signedUrl, token } = (await response.json()) as { signedUrl: string; token: string };
    return rewrite(response, { url: signedUrl.replace(PREFIX, ""), token });
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

function renameSignedUrl(signed: unknown): unknown {
  const { signedUrl, ...rest } = signed as { signedUrl?: string };
  return { ...rest, signedURL: signedUrl ? signedUrl.replace(PREFIX, "") : null };
}

function rewrite(response: Response, body: unknown): Response {
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  return Response.json(body, { status: response.status, headers });
}

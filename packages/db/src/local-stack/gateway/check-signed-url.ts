import { verifySignature } from "./verify-token.ts";

const SIGNED = /^\/storage\/v1\/object\/(upload\/)?sign\//;

/**
 * Refuses a signed URL whose token is forged or too old as hosted Storage does; the local server would call it an internal
 * error. Undefined lets the request pass.
 */
export function refuseSignedUrl(method: string, url: URL, jwtSecret: string): Response | undefined {
  const token = url.searchParams.get("token");
  if (!token || (method !== "GET" && method !== "PUT") || !SIGNED.test(url.pathname))
    return undefined;
  const payload = verifySignature(token, jwtSecret);
  if (typeof payload === "string") return refusal("signature verification failed");
  const expires = payload["exp"];
  if (typeof expires !== "number" || expires * 1000 <= Date.now()) {
    return refusal('"exp" claim timestamp check failed');
  }
  return undefined;
}

function refusal(message: string): Response {
  const body = { statusCode: "400", error: "InvalidJWT", message };
  return Response.json(body, { status: 400, headers: { "access-control-allow-origin": "*" } });
}

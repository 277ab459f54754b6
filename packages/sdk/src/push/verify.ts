/** A signed message is believed for so long, as Standard Webhooks says. */
const TOLERANCE_MS = 300_000;

export interface Signed {
  id: string;
  body: string;
}

/** The message of a request whose signature is good and whose time is near; nothing for any other. */
export async function verifySigned(
  request: Request,
  secrets: readonly string[],
  now: number,
): Promise<Signed | undefined> {
  const id = request.headers.get("webhook-id");
  const at = request.headers.get("webhook-timestamp");
  const signatures = request.headers.get("webhook-signature");
  const body = await request.text();
  if (id === null || at === null || signatures === null) return undefined;
  if (!/^\d{1,12}$/.test(at) || Math.abs(Number(at) * 1_000 - now) > TOLERANCE_MS) return undefined;
  const content = new TextEncoder().encode(`${id}.${at}.${body}`);
  const given = signatures
    .split(" ")
    .filter((signature) => signature.startsWith("v1,"))
    .slice(0, 5)
    .map((signature) => bytesOf(signature.slice(3)));
  for (const secret of secrets) {
    const key = await crypto.subtle.importKey(
      "raw",
      bytesOf(secret.replace(/^whsec_/, "")),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["verify"],
    );
    for (const signature of given) {
      if (await crypto.subtle.verify("HMAC", key, signature, content)) return { id, body };
    }
  }
  return undefined;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

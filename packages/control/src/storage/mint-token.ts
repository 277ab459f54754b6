import { createHmac } from "node:crypto";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * A storage token for one tenant and one minute, signed with the project's JWT secret (HS256). It carries no user: the
 * policies on storage.objects read only `storage_tenant`.
 */
export function mintStorageToken(options: { tenantId: string; secret: string; now: Date }): string {
  const issued = Math.floor(options.now.getTime() / 1000) - 5;
  const body = [
    encode({ alg: "HS256", typ: "JWT" }),
    encode({
      aud: "authenticated",
      role: "authenticated",
      sub: "00000000-0000-0000-0000-000000000000",
      storage_tenant: options.tenantId,
      iat: issued,
      exp: issued + 65,
    }),
  ].join(".");
  return `${body}.${createHmac("sha256", options.secret).update(body).digest("base64url")}`;
}

import { createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/** The secrets of one local stack, made on this machine at its first start. */
const Keys = z.object({
  /** Opens the API as `anon`; safe in a browser. */
  publishableKey: z.string().startsWith("sb_publishable_"),
  /** Opens the API as `service_role`; never leaves the server. */
  secretKey: z.string().startsWith("sb_secret_"),
  /** Signs the users' tokens (HS256), as a project's legacy JWT secret does. */
  jwtSecret: z.string().min(32),
  /** From which the passwords of the database's login roles are derived. */
  databaseSecret: z.string().min(32),
});
export type Keys = z.infer<typeof Keys>;

/** A fresh set. */
export function makeKeys(): Keys {
  const random = () => randomBytes(32).toString("base64url");
  return {
    publishableKey: `sb_publishable_${randomBytes(18).toString("base64url")}`,
    secretKey: `sb_secret_${randomBytes(24).toString("base64url")}`,
    jwtSecret: random(),
    databaseSecret: random(),
  };
}

/** Reads `<home>/keys.json`, or makes it, readable by its owner alone. */
export function readOrMakeKeys(home: string): Keys {
  const file = path.join(home, "keys.json");
  try {
    return Keys.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const keys = makeKeys();
  mkdirSync(home, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return keys;
}

/** Signs a token that the stack's API and realtime accept; `lifetime` in seconds. */
export function signToken(
  claims: Record<string, unknown>,
  jwtSecret: string,
  lifetime: number,
  now = Date.now(),
): string {
  const issued = Math.floor(now / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const body = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ aud: "authenticated", ...claims, iat: issued, exp: issued + lifetime })}`;
  return `${body}.${createHmac("sha256", jwtSecret).update(body).digest("base64url")}`;
}

import "server-only";
import { createTokenVerifier, type Identity } from "@nofx/control/members";
import { system } from "@nofx/control/seams";
import { env } from "../env.ts";

export type { Identity };

let verifier: ReturnType<typeof createTokenVerifier> | undefined;

/** Who a Supabase access token speaks for; undefined when it is not valid. */
export function verifyToken(token: string): Promise<Identity | undefined> {
  const { SUPABASE_URL: url, SUPABASE_ANON_KEY: anonKey } = env();
  verifier ??= createTokenVerifier({ url, anonKey, clock: system.clock });
  return verifier(token);
}

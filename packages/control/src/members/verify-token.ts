import { createHash } from "node:crypto";
import { NofxError } from "@nofx/core/errors";
import type { Clock } from "@nofx/core/seams";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";

/** A person as the sign-in service vouches for them. */
export interface Identity {
  readonly userId: string;
  readonly email: string;
}

const TRUSTED_FOR_MS = 30_000;
const MAX_REMEMBERED = 1_000;

/**
 * Who a Supabase access token speaks for; undefined when it is not valid. The auth server is asked at most every 30 s
 * per token; rights are looked up at every request all the same, so removing a member acts at once.
 */
export function createTokenVerifier(options: {
  url: string;
  anonKey: string;
  clock: Clock;
}): (token: string) => Promise<Identity | undefined> {
  const remembered = new Map<string, { identity: Identity; until: number }>();
  let client: SupabaseClient | undefined;
  const now = () => options.clock.date().getTime();

  const remember = (key: string, identity: Identity, until: number): void => {
    if (remembered.size >= MAX_REMEMBERED) {
      const oldest = remembered.keys().next();
      if (!oldest.done) remembered.delete(oldest.value);
    }
    remembered.set(key, { identity, until });
  };

  return async (token) => {
    const key = createHash("sha256").update(token).digest("base64");
    const known = remembered.get(key);
    if (known && known.until > now()) return known.identity;
    remembered.delete(key);

    client ??= createClient(options.url, options.anonKey, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    });
    const { data, error } = await client.auth.getClaims(token).catch((cause: unknown) => {
      throw authUnavailable(cause);
    });
    if (error) {
      if (error.status === undefined || error.status === 0 || error.status >= 500) {
        if (error.name === "AuthRetryableFetchError") throw authUnavailable(error);
      }
      return undefined;
    }
    if (!data) return undefined;
    const { sub, email, exp } = data.claims;
    const identity: Identity = { userId: sub, email: typeof email === "string" ? email : "" };
    remember(key, identity, Math.min(now() + TRUSTED_FOR_MS, exp * 1_000));
    return identity;
  };
}

function authUnavailable(cause: unknown): NofxError {
  return new NofxError("unavailable", {
    detail: "The sign-in service did not answer; try again in a moment.",
    retryAfterSeconds: 2,
    cause,
  });
}

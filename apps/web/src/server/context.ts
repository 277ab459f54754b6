import "server-only";
import type { MemberContext } from "@nofx/control/command";
import { resolveMember } from "@nofx/control/members";
import { NofxError } from "@nofx/core/errors";
import { TenantId } from "@nofx/core/vocabulary";
import { plane } from "./plane.ts";
import {
  parseCookies,
  SESSION_COOKIE,
  serializeCookie,
  supabaseForRequest,
} from "./session-cookies.ts";
import { type Identity, verifyToken } from "./verify-token.ts";

export const TENANT_COOKIE = "nofx-tenant";

/** One request: who asks, found out at most once, and the headers to answer with. */
export interface Context {
  headers: Headers;
  responseHeaders: Headers;
  /** Signed in by cookie, hence in a browser, hence in need of the same-origin check. */
  byCookie: boolean;
  idempotencyKey: string | undefined;
  findMember(): Promise<MemberContext>;
}

/** The one factory behind tRPC, REST and server components. */
export function createContext(headers: Headers, responseHeaders: Headers = new Headers()): Context {
  const bearer = /^bearer\s+(\S+)\s*$/i.exec(headers.get("authorization") ?? "")?.[1];
  let resolved: Promise<MemberContext> | undefined;
  return {
    headers,
    responseHeaders,
    byCookie: bearer === undefined,
    idempotencyKey: headers.get("idempotency-key") ?? undefined,
    findMember: () => {
      resolved ??= memberOf(headers, bearer, responseHeaders);
      return resolved;
    },
  };
}

async function memberOf(
  headers: Headers,
  bearer: string | undefined,
  responseHeaders: Headers,
): Promise<MemberContext> {
  const cookies = parseCookies(headers.get("cookie"));
  const identity =
    bearer === undefined
      ? await identityByCookie(cookies, responseHeaders)
      : await verifyToken(bearer);
  if (!identity) {
    throw new NofxError("unauthenticated", {
      detail:
        "Sign in, or send Authorization: Bearer with a Supabase access token. On the local stack `npx nofx token` prints one; docs/rest.md says how to get one elsewhere.",
    });
  }
  const asked = headers.get("nofx-tenant") ?? undefined;
  const remembered = cookies.find((cookie) => cookie.name === TENANT_COOKIE)?.value;
  const request = { ...identity, traceparent: readTraceparent(headers) };
  if (asked !== undefined) return resolveMember(plane(), { ...request, tenantId: asked });
  if (remembered === undefined || !TenantId.safeParse(remembered).success) {
    return resolveMember(plane(), request);
  }
  try {
    return await resolveMember(plane(), { ...request, tenantId: remembered });
  } catch (error) {
    // The cookie names a tenant this person was removed from: fall back to one that is left.
    if (!NofxError.is(error) || error.code !== "forbidden") throw error;
    return resolveMember(plane(), request);
  }
}

/** W3C trace context: kept for correlation, never trusted for anything else. */
function readTraceparent(headers: Headers): string | undefined {
  const value = headers.get("traceparent") ?? "";
  return /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value) ? value : undefined;
}

async function identityByCookie(
  cookies: { name: string; value: string }[],
  responseHeaders: Headers,
): Promise<Identity | undefined> {
  if (!cookies.some((cookie) => cookie.name.startsWith(SESSION_COOKIE))) return undefined;
  const supabase = supabaseForRequest({
    getAll: () => cookies,
    setAll: (changed) => {
      for (const { name, value, options } of changed) {
        responseHeaders.append("set-cookie", serializeCookie(name, value, options));
      }
    },
  });
  const { data } = await supabase.auth.getSession();
  return data.session ? verifyToken(data.session.access_token) : undefined;
}

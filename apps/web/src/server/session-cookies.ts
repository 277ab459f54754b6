import "server-only";
import { createServerClient, type CookieMethodsServer } from "@supabase/ssr";
import { env } from "../env.ts";

/** One name wherever Supabase runs, so that a session outlives a port that moved. */
export const SESSION_COOKIE = "nofx-session";

/** The unmodified Supabase client over the cookies of one request. */
export function supabaseForRequest(cookies: CookieMethodsServer) {
  return createServerClient(env().SUPABASE_URL, env().SUPABASE_ANON_KEY, {
    cookieOptions: { name: SESSION_COOKIE },
    cookies,
  });
}

/** `a=1; b=2` as pairs. */
export function parseCookies(header: string | null): { name: string; value: string }[] {
  if (header === null) return [];
  return header.split(";").flatMap((part) => {
    const pair = part.trim();
    const at = pair.indexOf("=");
    return at < 1 ? [] : [{ name: pair.slice(0, at), value: decode(pair.slice(at + 1)) }];
  });
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export function serializeCookie(
  name: string,
  value: string,
  options: { maxAge?: number | undefined; secure?: boolean } = {},
): string {
  const parts = [`${name}=${encodeURIComponent(value)}`, "Path=/", "SameSite=Lax"];
  if (options.maxAge !== undefined) parts.push(`Max-Age=${options.maxAge}`);
  if (options.secure) parts.push("Secure");
  return parts.join("; ");
}

import { NofxError } from "@nofx/core/errors";

/**
 * A browser sends cookies along with requests that other sites make. One that changes something must therefore come
 * from our own pages: the browser says so in Sec-Fetch-Site, or in Origin, and neither can be forged by a page.
 */
export function assertSameOrigin(headers: Headers): void {
  const site = headers.get("sec-fetch-site");
  if (site === "same-origin") return;
  const origin = headers.get("origin");
  if (site === null && origin !== null && sameHost(origin, headers)) return;
  throw new NofxError("forbidden", {
    detail:
      "A request that changes something and is signed in by cookie must come from the dashboard itself. " +
      "From elsewhere send Authorization: Bearer with a Supabase access token.",
  });
}

function sameHost(origin: string, headers: Headers): boolean {
  const host = headers.get("x-forwarded-host") ?? headers.get("host");
  return URL.canParse(origin) && new URL(origin).host === host;
}

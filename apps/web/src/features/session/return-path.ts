/**
 * Where to go after signing in: a path of ours, or the start page. Anything that a browser could read as another site
 * (`//host`, `/\host`, a scheme, control characters) is not a path of ours.
 */
export function safeReturnPath(asked: string | null | undefined): string {
  if (!asked || !asked.startsWith("/") || asked.startsWith("//")) return "/";
  // oxlint-disable-next-line no-control-regex -- browsers drop these while parsing, which turns "/\t/host" into "//host"
  if (/[\u0000-\u001f\\]/.test(asked)) return "/";
  const base = "http://own.invalid";
  if (!URL.canParse(asked, base)) return "/";
  const url = new URL(asked, base);
  if (url.origin !== base || url.pathname.startsWith("//") || isPrivatePath(url.pathname)) {
    return "/";
  }
  return `${url.pathname}${url.search}${url.hash}`;
}

/** Not pages: nobody should land there by signing in. */
function isPrivatePath(pathname: string): boolean {
  return /^\/(?:api|sign-in|sign-out|_next)(?:\/|$)/.test(pathname);
}

export function signInPath(returnTo: string): string {
  const path = safeReturnPath(returnTo);
  return path === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(path)}`;
}

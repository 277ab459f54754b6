import { type NextRequest, NextResponse } from "next/server";
import { signInPath } from "#features/session/return-path.ts";
import { supabaseForRequest } from "#server/session-cookies.ts";

/**
 * Before a page is rendered: refreshes a session that is about to end (pages themselves cannot set cookies) and sends
 * who has none to the sign-in page. Whether the session is genuine is checked where data is read, not here.
 */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const { pathname, search } = request.nextUrl;
  const changed: Parameters<NextResponse["cookies"]["set"]>[] = [];
  const supabase = supabaseForRequest({
    getAll: () => request.cookies.getAll(),
    setAll: (cookies) => {
      for (const { name, value, options } of cookies) {
        request.cookies.set(name, value);
        changed.push([name, value, options]);
      }
    },
  });
  const { data } = await supabase.auth.getSession();

  request.headers.set("x-nofx-path", `${pathname}${search}`);
  const response =
    data.session || pathname === "/sign-in"
      ? NextResponse.next({ request: { headers: request.headers } })
      : NextResponse.redirect(new URL(signInPath(`${pathname}${search}`), request.url));
  for (const cookie of changed) response.cookies.set(...cookie);
  return response;
}

export const config = {
  matcher: ["/((?!api/|v1/|_next/|icon\\.svg|favicon\\.ico).*)"],
};

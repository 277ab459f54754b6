/** Where this request reached us, as those outside see it. */
export function originOf(headers: Headers): string {
  const host = headers.get("x-forwarded-host") ?? headers.get("host") ?? "127.0.0.1:3000";
  const local = /^(localhost|127\.|\[::1\])/.test(host);
  const protocol = headers.get("x-forwarded-proto") ?? (local ? "http" : "https");
  return `${protocol}://${host}`;
}

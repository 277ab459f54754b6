import { NofxError } from "@nofx/core/errors";
import type { MemberContext } from "../command/context.ts";
import { AddressRefused } from "../net/address-refused.ts";
import { hostAndPort } from "../net/allowed-hosts.ts";
import { checkUrl } from "../net/check-url.ts";

/** An address that may be told things; only as it is written: what its name leads to is judged at every delivery. */
export function callable(ctx: MemberContext, text: string | undefined): URL {
  if (text === undefined) throw refusal("It needs an address.");
  const { allowedHosts } = ctx.plane;
  try {
    const url = checkUrl(text, allowedHosts);
    if (url.protocol === "https:" || allowedHosts.has(hostAndPort(url))) return url;
  } catch (error) {
    if (!(error instanceof AddressRefused)) throw error;
    throw refusal(error.message);
  }
  throw refusal("A webhook needs an https address.");
}

function refusal(message: string): NofxError {
  return new NofxError("invalid_input", {
    detail: `${message} An operator can allow a host:port by NOFX_HTTP_ALLOW.`,
    issues: [{ path: "/url", message }],
  });
}

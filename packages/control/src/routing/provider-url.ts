import { NofxError } from "@nofx/core/errors";
import { AddressRefused } from "../net/address-refused.ts";
import { hostAndPort, type AllowedHosts } from "../net/allowed-hosts.ts";
import { checkUrl } from "../net/check-url.ts";

/**
 * Where a provider may be called: as it is written here, as what its name leads to at every call. Its key goes there, so it goes
 * encrypted, but for what the operator allows by name.
 */
export function checkProviderUrl(text: string, allowed: AllowedHosts): string {
  const url = parse(text, allowed);
  if (url.protocol !== "https:" && !allowed.has(hostAndPort(url))) {
    throw refusal("A provider's key is sent there: it needs an https address.");
  }
  if (url.search !== "" || url.hash !== "") {
    throw refusal("A base URL ends with its path: leave out what begins with ? or #.");
  }
  return url.href.replace(/\/+$/, "");
}

function parse(text: string, allowed: AllowedHosts): URL {
  try {
    return checkUrl(text, allowed);
  } catch (error) {
    if (error instanceof AddressRefused) throw refusal(error.message);
    throw error;
  }
}

function refusal(message: string): NofxError {
  return new NofxError("invalid_input", {
    detail: `${message} An operator can allow a host:port by NOFX_HTTP_ALLOW.`,
    issues: [{ path: "/baseUrl", message }],
  });
}

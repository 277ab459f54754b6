import { isIP } from "node:net";
import { AddressRefused } from "./address-refused.ts";
import { hostAndPort, type AllowedHosts } from "./allowed-hosts.ts";
import { isPublicAddress } from "./public-address.ts";

/**
 * The first of three guards, on the address as it is written. The parser has already turned decimal, octal, hex and
 * short forms into the address that they mean; a name is looked up later, and judged by what it leads to.
 */
export function checkUrl(text: string | URL, allowed: AllowedHosts): URL {
  const url = parse(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new AddressRefused(`Only http and https are called, not ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new AddressRefused("An address with a user or a password in it is not called.");
  }
  const pair = hostAndPort(url);
  if (allowed.has(pair)) return url;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) > 0 && !isPublicAddress(host)) {
    throw new AddressRefused(`${pair} is not an address of the public internet.`);
  }
  const port = Number(pair.slice(pair.lastIndexOf(":") + 1));
  if (port !== 80 && port !== 443 && port < 1_024) {
    throw new AddressRefused(`Port ${port} is not called: only 80, 443 and those from 1024.`);
  }
  return url;
}

function parse(text: string | URL): URL {
  try {
    return new URL(text);
  } catch {
    throw new AddressRefused("This is not an address that can be called.");
  }
}

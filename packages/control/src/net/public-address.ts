import ipaddr from "ipaddr.js";

/** Public by their number, private by what answers there: the platform service of Azure's hosts. */
const PLATFORM = new Set(["168.63.129.16"]);
const GLOBAL_UNICAST = ipaddr.parseCIDR("2000::/3") as [ipaddr.IPv6, number];
/** Inside the global range and still nobody's: documentation, and what a translator would turn into another address. */
const NOT_ROUTED = ["3fff::/20", "2001::/23", "2002::/16"].map(
  (range) => ipaddr.parseCIDR(range) as [ipaddr.IPv6, number],
);

/**
 * Whether an address is one of the public internet: global unicast and nothing else. Loopback, private, link-local (and
 * with it the metadata services of clouds), shared, benchmark, multicast and reserved ranges are not, nor is any IPv6
 * form that carries an IPv4 address in it.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  if (address.kind() === "ipv4") return !PLATFORM.has(address.toString());
  const v6 = address as ipaddr.IPv6;
  return v6.match(GLOBAL_UNICAST) && !NOT_ROUTED.some((range) => v6.match(range));
}

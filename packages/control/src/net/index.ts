export { AddressRefused } from "./address-refused.ts";
export { parseAllowedHosts, type AllowedHosts } from "./allowed-hosts.ts";
export { checkUrl } from "./check-url.ts";
export type { Lookup } from "./guarded-connect.ts";
export {
  guardedFetch,
  RequestFailed,
  type GuardedRequest,
  type GuardedResponse,
} from "./guarded-fetch.ts";
export { isPublicAddress } from "./public-address.ts";
export { retryAfterMs } from "./retry-after.ts";

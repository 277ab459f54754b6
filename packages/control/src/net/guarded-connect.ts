import dns from "node:dns";
import type { LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { AddressRefused } from "./address-refused.ts";
import { isPublicAddress } from "./public-address.ts";

const CONNECT_MS = 10_000;

export type Lookup = (
  host: string,
  options: dns.LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void;

/**
 * Connects to public addresses only. The name is looked up once and the connection goes to the very addresses that were
 * judged, so that an answer which changes in between changes nothing; one private address among them spoils all. A
 * literal is never looked up, so the address at the other end is judged again before a byte of the request is sent.
 */
export function guardedConnect(options: {
  lookup?: Lookup | undefined;
  onConnected: () => void;
}): buildConnector.connector {
  const connect = buildConnector({
    timeout: CONNECT_MS,
    lookup: publicLookup(options.lookup ?? dns.lookup),
  });
  return (to, done) =>
    connect(to, (error, socket) => {
      if (error !== null) return done(error, null);
      if (!isPublicAddress(socket.remoteAddress ?? "")) {
        socket.destroy();
        return done(notPublic(to.hostname), null);
      }
      options.onConnected();
      return done(null, socket);
    });
}

/** Connects to what an operator allowed. */
export function openConnect(onConnected: () => void): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_MS });
  return (to, done) =>
    connect(to, (error, socket) => {
      if (error !== null) return done(error, null);
      onConnected();
      return done(null, socket);
    });
}

function publicLookup(lookup: Lookup): LookupFunction {
  return (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, "");
      const judged = addresses.every(({ address }) => isPublicAddress(address));
      const [first] = addresses;
      if (!judged || first === undefined) return done(notPublic(host), "");
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
    });
}

function notPublic(host: string): AddressRefused {
  return new AddressRefused(`${host} does not lead to an address of the public internet.`);
}

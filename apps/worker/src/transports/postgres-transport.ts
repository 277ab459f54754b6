import type { Doorbell, Route } from "@nofx/control/steps";
import type { Routing, Transport } from "./transport.ts";

/** The engine looks for itself: nothing but Postgres is needed. */
export function createPostgresTransport(options: {
  doorbell: Doorbell;
  routing?: Routing;
}): Transport {
  const { doorbell, routing: own = {} } = options;
  let cursor: Route["cursor"];
  /** Of claims that leave tenants out: theirs are other turns. */
  let besides: Route["cursor"];
  return {
    driver: "postgres",
    up: true,
    get rings() {
      return doorbell.rings;
    },
    async route(_want, routing = own) {
      const last = routing.not === undefined ? cursor : besides;
      return { ...routing, ...(last == null ? {} : { cursor: last }) };
    },
    claimed(route, answer) {
      if (route === undefined) return;
      if (route.not === undefined) cursor = answer.cursor;
      else besides = answer.cursor;
    },
    wait: (how) => doorbell.wait(how),
    // the doorbell is its owner's
    close: async () => {},
  };
}

import type { Doorbell, Route } from "@nofx/control/steps";
import type { Routing, Transport } from "./transport.ts";

/** The engine looks for itself: nothing but Postgres is needed. */
export function createPostgresTransport(options: {
  doorbell: Doorbell;
  routing?: Routing;
}): Transport {
  const { doorbell, routing: own = {} } = options;
  let cursor: Route["cursor"];
  return {
    driver: "postgres",
    up: true,
    get rings() {
      return doorbell.rings;
    },
    async route(_want, routing = own) {
      return { ...routing, ...(cursor == null ? {} : { cursor }) };
    },
    claimed(route, answer) {
      if (route !== undefined) cursor = answer.cursor;
    },
    wait: (how) => doorbell.wait(how),
    // the doorbell is its owner's
    close: async () => {},
  };
}

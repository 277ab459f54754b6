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
  let besides: { readonly after: string; readonly credit: number } | undefined;
  return {
    driver: "postgres",
    up: true,
    get rings() {
      return doorbell.rings;
    },
    async route(_want, routing = own) {
      // what is known of a flood holds for those that leave it out as well: they need not step over it
      const last = routing.not === undefined || cursor == null ? cursor : { ...cursor, ...besides };
      return { ...routing, ...(last == null ? {} : { cursor: last }) };
    },
    claimed(route, answer) {
      if (route === undefined) return;
      if (route.not === undefined) cursor = answer.cursor;
      else if (answer.cursor != null) {
        const { after, credit } = answer.cursor;
        besides = { after, credit };
      }
    },
    wait: (how) => doorbell.wait(how),
    // the doorbell is its owner's
    close: async () => {},
  };
}

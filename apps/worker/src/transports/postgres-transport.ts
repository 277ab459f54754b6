import type { Doorbell, ExchangeAnswer } from "@nofx/control/steps";
import type { Route, Routing, Transport } from "./transport.ts";

/** The engine looks for itself: nothing but Postgres is needed. */
export function createPostgresTransport(options: {
  doorbell: Doorbell;
  routing?: Routing;
}): Transport {
  const { doorbell, routing: own = {} } = options;
  let after: string | undefined;
  return {
    driver: "postgres",
    up: true,
    get rings() {
      return doorbell.rings;
    },
    async route(_want, routing = own) {
      return { ...routing, ...(after === undefined ? {} : { after }) };
    },
    claimed(_route: Route | undefined, answer: ExchangeAnswer & { cursor?: string | null }) {
      after = answer.cursor ?? undefined;
    },
    wait: (how) => doorbell.wait(how),
    // the doorbell is its owner's
    close: async () => {},
  };
}

import { pause, takeBusyWorker, within, type Fault } from "./fault.ts";

/**
 * SIGSTOP past the lease: the worker stands still while its commands go on, its steps are taken from it, and when it thaws
 * it comes with results for what is no longer its own.
 */
export const freeze: Fault = {
  name: "SIGSTOP past the lease",
  bites: "a step was taken from it while it stood still",
  perMinute: 5,
  async inject(target) {
    const place = await takeBusyWorker(target);
    if (place === undefined) return false;
    const { name, child } = place.worker;
    try {
      child.kill("SIGSTOP");
      const [clock] = await target.database.ask<{ at: Date }>("select clock_timestamp() as at");
      const bit = await within(target.leaseMs + 6_000, target.signal, async () => {
        const [row] = await target.database.ask<{ taken: boolean; held: boolean }>(
          `select exists (select from attempts where executor = $1 and outcome = 'lost' and finished_at > $2) as taken,
             exists (select from steps where lease_owner = $1 and status in ('assigned', 'running')) as held`,
          [name, clock?.at],
        );
        return row?.taken === true && !row.held;
      });
      await pause(target.random() * 500, target.signal);
      return bit;
    } finally {
      child.kill("SIGCONT");
      place.busy = false;
    }
  },
};

import { takeBusyWorker, within, type Fault } from "./fault.ts";

/**
 * SIGSTOP past the lease: the worker stands still while its commands go on, its steps are taken from it, and when it thaws
 * it comes with results for what is no longer its own.
 */
export const freeze: Fault = {
  name: "SIGSTOP past the lease",
  bites: "a step of its was in another's hands when it thawed",
  perMinute: 5,
  async inject(target) {
    const place = await takeBusyWorker(target);
    if (place === undefined) return "not now";
    const { name, child } = place.worker;
    const { database, signal, leaseMs } = target;
    try {
      child.kill("SIGSTOP");
      const [clock] = await database.ask<{ at: Date }>("select clock_timestamp() as at");
      return await within(leaseMs + 6_000, signal, async () => {
        const taken = await database.ask(
          `select from attempts a join steps s on s.id = a.step_id and s.epoch > a.epoch
           where a.executor = $1 and a.outcome = 'lost' and a.finished_at > $2
             and s.status in ('assigned', 'running') and s.lease_owner <> $1 limit 1`,
          [name, clock?.at],
        );
        return taken.length > 0;
      });
    } finally {
      child.kill("SIGCONT");
      place.busy = false;
    }
  },
};

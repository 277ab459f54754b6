import { takeBusyWorker, type Fault } from "./fault.ts";

/** SIGKILL: the worker and its commands are gone in mid-work. */
export const kill: Fault = {
  name: "SIGKILL of a worker",
  bites: "it held a lease that others had to take back",
  perMinute: 10,
  async inject(target) {
    const place = target.fleet.canKill ? await takeBusyWorker(target) : undefined;
    if (place === undefined) return "not now";
    const { name } = place.worker;
    try {
      await target.fleet.kill(place);
      const left = await target.database.ask(
        "select from steps where lease_owner = $1 and status in ('assigned', 'running')",
        [name],
      );
      return left.length > 0;
    } finally {
      place.busy = false;
    }
  },
};

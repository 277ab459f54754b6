import type { Fault } from "./fault.ts";

/** FLUSHALL: every hint of a step is gone. */
export const flushRedis: Fault = {
  name: "emptied Redis",
  bites: "steps were waiting or being executed",
  perMinute: 6,
  async inject({ database, redis }) {
    if (redis === undefined) return "not now";
    const open = await database.ask(
      "select from steps where status in ('queued', 'assigned', 'running') and holds = 0 limit 1",
    );
    // it may be away just now
    const emptied = await redis.say("FLUSHALL").then(
      () => true,
      () => false,
    );
    return emptied ? open.length > 0 : "not now";
  },
};

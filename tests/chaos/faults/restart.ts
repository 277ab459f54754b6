import type { Fault } from "./fault.ts";

/** `pg_ctl stop -m immediate`, then start: every transaction that is open is gone, every acknowledged one must be there. */
export const restart: Fault = {
  name: "immediate Postgres restart",
  bites: "steps were being executed",
  perMinute: 1,
  async inject({ database }) {
    const atWork = await database.ask(
      "select from steps where status in ('assigned', 'running') limit 1",
    );
    await database.restart();
    return atWork.length > 0;
  },
};

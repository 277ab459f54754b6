import { within, type Fault } from "./fault.ts";

/** A tick that settles something is held up on its way until the lease is long gone: it arrives, and must be refused. */
export const delayTick: Fault = {
  name: "tick held up past the lease",
  bites: "it came for a step that had been taken back",
  perMinute: 2,
  async inject({ proxy, database, signal, leaseMs }) {
    const before = proxy.delayed.length;
    const ms = leaseMs + 2_500;
    proxy.delayNext(ms);
    if (!(await within(5_000, signal, () => proxy.delayed.length > before))) return false;
    const sent = JSON.stringify(proxy.delayed[before] ?? []);
    return within(ms + 2_000, signal, async () => {
      const lost = await database.ask(
        `select from jsonb_to_recordset($1::jsonb) as sent ("stepId" uuid, epoch bigint)
         join attempts a on a.step_id = sent."stepId" and a.epoch = sent.epoch and a.outcome = 'lost'`,
        [sent],
      );
      return lost.length > 0;
    });
  },
};

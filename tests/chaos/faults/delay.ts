import { within, type Fault } from "./fault.ts";

/** A tick that settles something is held up on its way until somebody else has the step: it arrives, and must be refused. */
export const delayTick: Fault = {
  name: "tick held up past the lease",
  bites: "it came for a step that was in another's hands",
  perMinute: 3,
  async inject({ proxy, database, signal, leaseMs }) {
    const held = proxy.holdNext();
    try {
      if (!(await within(5_000, signal, () => held.settlements.length > 0))) return "not now";
      const sent = JSON.stringify(held.settlements);
      return await within(leaseMs + 6_000, signal, async () => {
        const taken = await database.ask(
          `select from jsonb_to_recordset($1::jsonb) as sent ("stepId" uuid, epoch bigint)
           join steps s on s.id = sent."stepId" and s.epoch > sent.epoch and s.status in ('assigned', 'running') limit 1`,
          [sent],
        );
        return taken.length > 0;
      });
    } finally {
      held.release();
    }
  },
};

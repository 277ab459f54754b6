import { within, type Fault } from "./fault.ts";

/** SIGKILL of the agent's process, in the middle of a step. */
export const killAgent: Fault = {
  name: "SIGKILL of an agent",
  bites: "it held a lease that its successor had to wait for",
  perMinute: 2,
  async inject({ database, signal, killAgent }) {
    const held = () =>
      database.ask<{ id: string; epoch: number }>(
        "select id, epoch from steps where executor = 'agent' and status in ('assigned', 'running')",
      );
    if (!(await within(15_000, signal, async () => (await held()).length > 0))) return "not now";
    killAgent();
    const left = await held();
    const [first] = left;
    if (first === undefined) return "not now";
    return within(6_000, signal, async () => {
      const lost = await database.ask(
        "select from attempts where step_id = $1 and epoch = $2 and outcome = 'lost'",
        [first.id, first.epoch],
      );
      return lost.length > 0;
    });
  },
};

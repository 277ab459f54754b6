import { within, type Fault } from "./fault.ts";

/** SIGKILL of the agent's process, in the middle of a step. */
export const killAgent: Fault = {
  name: "SIGKILL of an agent",
  bites: "it held a lease that its successor had to wait for",
  perMinute: 2,
  async inject({ database, signal, killAgent }) {
    const held = () =>
      database.ask(
        "select from steps where executor = 'agent' and status in ('assigned', 'running')",
      );
    if (!(await within(15_000, signal, async () => (await held()).length > 0))) return "not now";
    killAgent();
    return (await held()).length > 0;
  },
};

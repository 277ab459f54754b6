import { randomUUID } from "node:crypto";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { dim, printable } from "../terminal/style.ts";

/** `nofx pull-plug [RUN]`: freezes the worker that holds a step, for longer than its lease. */
export async function pullPlug(run: string | undefined): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const runId = run ?? (await newestRunning(api));
  const pulled = await api.pullPlug(runId, randomUUID());
  console.log(
    `${pulled.worker} is frozen for ${pulled.freezeSeconds} s in step "${printable(pulled.stepName)}". When its lease has run out, ${pulled.standby} takes over; what ${pulled.worker} sends when it thaws is refused.`,
  );
  console.log(dim(`${addresses.dashboard}/runs/${runId}`));
}

async function newestRunning(api: Api): Promise<string> {
  const { items } = await api.runs({ status: "running", limit: 1 });
  if (items[0] === undefined) {
    throw new Sentence(
      "No run is going on. Start one, `npm run demo` say, and pull the plug then.",
    );
  }
  return items[0].id;
}

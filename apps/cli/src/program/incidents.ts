import type { Command } from "commander";
import type { SendEventOptions } from "../commands/events.ts";

/** What happens to a run from outside. */
export function addIncidentsCommands(program: Command): void {
  program
    .command("pull-plug")
    .description(
      "freeze the worker that holds a step of a run, and see the step move on to another",
    )
    .argument("[run]", "id of the run; otherwise the newest that is going on")
    .action(async (run?: string) => (await import("../commands/pull-plug.ts")).pullPlug(run));

  program
    .command("events")
    .description("what steps wait for from outside")
    .command("send")
    .description("tell the steps that wait for it of something that happened outside")
    .argument("<name>", "of the event, like payment.settled")
    .option("-k, --key <key>", "what it is about, like an order's number")
    .option("-j, --json <payload>", "what came with it, in JSON")
    .option("-r, --run <id>", "only for steps of this run")
    .option("--once <key>", "sent again under the same key it is the same event")
    .action(async (name: string, options: SendEventOptions) =>
      (await import("../commands/events.ts")).sendEvent(name, options),
    );
}

import { Command } from "commander";
import { addAgentsCommands } from "../program/agents.ts";
import { addDispatchCommands } from "../program/dispatch.ts";
import { addMessagesCommands } from "../program/messages.ts";

/** Runs what is typed after `nofx`, in this process: options are read as the real program reads them. */
export async function nofx(...typed: string[]): Promise<void> {
  const program = new Command("nofx").exitOverride().configureOutput({ writeErr: () => {} });
  addMessagesCommands(program);
  addAgentsCommands(program);
  addDispatchCommands(program);
  await program.parseAsync(typed, { from: "user" });
}
